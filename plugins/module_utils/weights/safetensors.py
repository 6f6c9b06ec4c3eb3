# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The safetensors format: whether a file's header tells the truth, and a model's index.

The rules are those of the safetensors format: 8 bytes with the header's length (little endian),
a JSON header of that length, then one byte buffer that the tensors cover without a hole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError

INDEX_NAME = "model.safetensors.index.json"
SUFFIX = ".safetensors"
LENGTH_BYTES = 8
# MAX_HEADER_SIZE of the safetensors crate: a longer header is refused by its readers too.
MAX_HEADER_BYTES = 100_000_000
# Bits of one element (Dtype::bitsize of the safetensors crate).
DTYPE_BITS = {
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "C64": 64,
    "F64": 64,
    "I64": 64,
    "U64": 64,
}


@dataclass(frozen=True)
class Tensor:
    """One entry of a header; ``begin`` and ``end`` are bytes from the start of the buffer."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def header_bytes(first: bytes) -> int:
    """Length in bytes of the JSON header, from a file's first 8 bytes."""
    return int.from_bytes(first[:LENGTH_BYTES], "little")


def header_faults(head: bytes, size: int, expected_tensors: frozenset[str]) -> tuple[str, ...]:
    """Every way in which a safetensors file's header contradicts the file or the index.

    ``head`` holds at least the length and the JSON header, ``size`` is the file's size in bytes,
    ``expected_tensors`` are the tensors that the index places in this file.
    """
    length = header_bytes(head)
    if len(head) < LENGTH_BYTES or length > min(MAX_HEADER_BYTES, size - LENGTH_BYTES):
        return (f"the header claims {length} bytes, the file has {size}",)
    tensors = _parse_tensors(head[LENGTH_BYTES : LENGTH_BYTES + length])
    if isinstance(tensors, str):
        return (tensors,)
    missing = expected_tensors - {tensor.name for tensor in tensors}
    return (
        *(f"tensor {name} is missing, the index places it here" for name in sorted(missing)),
        *_extent_faults(tensors, size - LENGTH_BYTES - length),
    )


def _parse_tensors(header: bytes) -> Union[list[Tensor], str]:
    try:
        content = json.loads(header)
        return [
            _parse_tensor(name, entry) for name, entry in content.items() if name != "__metadata__"
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return "the header is not the JSON of a safetensors file"


def _parse_tensor(name: str, entry: Mapping[str, Any]) -> Tensor:
    begin, end = entry["data_offsets"]
    shape = tuple(int(extent) for extent in entry["shape"])
    return Tensor(name, str(entry["dtype"]), shape, int(begin), int(end))


def _extent_faults(tensors: list[Tensor], buffer_bytes: int) -> Iterator[str]:
    position = 0
    for tensor in sorted(tensors, key=lambda item: (item.begin, item.end)):
        if tensor.begin != position or tensor.end < tensor.begin:
            yield (
                f"tensor {tensor.name} lies at bytes {tensor.begin} to {tensor.end}, "
                f"the one before it ends at {position}"
            )
        needed = _tensor_bytes(tensor)
        if needed is not None and needed != tensor.end - tensor.begin:
            yield (
                f"tensor {tensor.name} ({tensor.dtype} {list(tensor.shape)}) needs {needed} "
                f"bytes, the header gives it {tensor.end - tensor.begin}"
            )
        position = tensor.end
    if position != buffer_bytes:
        yield f"the tensors end at byte {position}, the file holds {buffer_bytes} bytes of them"


def _tensor_bytes(tensor: Tensor) -> Union[int, None]:
    bits = DTYPE_BITS.get(tensor.dtype)
    if bits is None:
        return None
    for extent in tensor.shape:
        bits *= extent
    return bits // 8


@dataclass(frozen=True)
class Index:
    """A model's index: the tensors that each shard (by file name) must hold."""

    shards: Mapping[str, frozenset[str]]

    def tensors_of(self, name: str) -> frozenset[str]:
        """Tensors that the index places in a file; empty for a file that it does not name."""
        return self.shards.get(name, frozenset())


NO_INDEX = Index({})


def parse_index(text: bytes, url: str) -> Index:
    """Parse ``model.safetensors.index.json``; raises InputError when it is not an index."""
    try:
        weight_map = json.loads(text)["weight_map"]
        shards: dict[str, set[str]] = {}
        for tensor, shard in weight_map.items():
            shards.setdefault(str(shard), set()).add(tensor)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{url} is refused", ["it has no JSON object weight_map"]) from error
    return Index({shard: frozenset(tensors) for shard, tensors in sorted(shards.items())})


def missing_shards(index: Index, listed: frozenset[str]) -> tuple[str, ...]:
    """Faults: shards that the index names and the list does not."""
    return tuple(
        f"{shard} is named by {INDEX_NAME} and is not in the list"
        for shard in sorted(index.shards)
        if shard not in listed
    )
