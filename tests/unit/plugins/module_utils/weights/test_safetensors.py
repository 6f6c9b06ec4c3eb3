from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.safetensors import (
    NO_INDEX,
    header_faults,
    missing_shards,
    parse_index,
)
from hypothesis import given
from hypothesis import strategies as st

NONE: frozenset[str] = frozenset()


def file(header: Any, data: int) -> tuple[bytes, int]:
    """(length and header, size of the whole file) for a JSON header and `data` bytes of tensors."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text, 8 + len(text) + data


def tensor(begin: int, end: int, dtype: str = "U8", shape: list[int] | None = None) -> Any:
    extent = [end - begin] if shape is None else shape
    return {"dtype": dtype, "shape": extent, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({}, 0),
        ({"a": tensor(0, 10)}, 10),
        ({"b": tensor(10, 30), "a": tensor(0, 10)}, 30),
        ({"__metadata__": {"format": "pt"}, "a": tensor(0, 4, "F32", [1])}, 4),
        ({"scalar": tensor(0, 2, "BF16", [])}, 2),
        ({"empty": tensor(0, 0, "F32", [0, 7]), "a": tensor(0, 8, "F64", [1])}, 8),
        ({"a": tensor(0, 5, "F4", [10])}, 5),
        ({"a": tensor(0, 7, "TYPE_OF_NEXT_YEAR", [3])}, 7),
        ({"a": tensor(0, 6, "F8_E4M3", [2, 3])}, 6),
    ],
)
def test_a_whole_file_has_no_fault(header: Any, data: int) -> None:
    assert header_faults(*file(header, data), NONE) == ()


@pytest.mark.parametrize(
    ("header", "data", "expected"),
    [
        (
            {"a": tensor(0, 10)},
            9,
            ("the tensors end at byte 10, the file holds 9 bytes of them",),
        ),
        (
            {"a": tensor(0, 10)},
            11,
            ("the tensors end at byte 10, the file holds 11 bytes of them",),
        ),
        (
            {"a": tensor(0, 10), "b": tensor(12, 20)},
            20,
            ("tensor b lies at bytes 12 to 20, the one before it ends at 10",),
        ),
        (
            {"a": tensor(0, 10), "b": tensor(8, 20)},
            20,
            ("tensor b lies at bytes 8 to 20, the one before it ends at 10",),
        ),
        (
            {"a": tensor(0, 10, "F32", [3])},
            10,
            ("tensor a (F32 [3]) needs 12 bytes, the header gives it 10",),
        ),
        (["a"], 0, ("the header is not the JSON of a safetensors file",)),
        ({"a": {"dtype": "U8"}}, 0, ("the header is not the JSON of a safetensors file",)),
        ({"a": 7}, 0, ("the header is not the JSON of a safetensors file",)),
        (
            {"a": {"dtype": "U8", "shape": [1], "data_offsets": [0]}},
            1,
            ("the header is not the JSON of a safetensors file",),
        ),
    ],
)
def test_a_header_that_lies_is_found(header: Any, data: int, expected: tuple[str, ...]) -> None:
    assert header_faults(*file(header, data), NONE) == expected


def test_a_tensor_that_ends_before_it_begins_is_found() -> None:
    head = file({"a": tensor(5, 0, "U8", [0])}, 0)
    assert "tensor a lies at bytes 5 to 0, the one before it ends at 0" in header_faults(
        *head, NONE
    )


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"", 0),
        (b"\x01\x02", 2),
        ((50).to_bytes(8, "little"), 57),
        (b"\xff" * 8, 1000),
        ((100_000_001).to_bytes(8, "little"), 10**9),
        (b"<!DOCTYPE html>", 1000),
    ],
)
def test_a_header_longer_than_the_file_is_found(head: bytes, size: int) -> None:
    (fault,) = header_faults(head, size, NONE)
    assert fault.endswith(f"bytes, the file has {size}")


def test_a_tensor_that_the_index_places_here_and_that_is_missing_is_found() -> None:
    head = file({"a": tensor(0, 1)}, 1)
    assert header_faults(*head, frozenset({"a", "c", "b"})) == (
        "tensor b is missing, the index places it here",
        "tensor c is missing, the index places it here",
    )


@given(st.binary(max_size=120), st.integers(min_value=0, max_value=200))
def test_no_bytes_make_the_check_fail_itself(head: bytes, size: int) -> None:
    assert isinstance(header_faults(head, size, NONE), tuple)


@given(st.lists(st.integers(min_value=0, max_value=50), max_size=6), st.integers(-3, 3))
def test_exactly_the_files_of_the_right_length_have_no_fault(
    sizes: list[int], surplus: int
) -> None:
    header, position = {}, 0
    for number, size in enumerate(sizes):
        header[f"t{number}"] = tensor(position, position + size)
        position += size
    head, size = file(header, position + surplus)
    assert (header_faults(head, size, NONE) == ()) == (surplus == 0)


def test_an_index_gives_the_tensors_of_each_shard() -> None:
    text = json.dumps(
        {"weight_map": {"a": "1.safetensors", "b": "2.safetensors", "c": "1.safetensors"}}
    )
    index = parse_index(text.encode(), "url")
    assert index.tensors_of("1.safetensors") == {"a", "c"}
    assert index.tensors_of("2.safetensors") == {"b"}
    assert index.tensors_of("3.safetensors") == frozenset()


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"weight_map": []}', b'{"weight_map": 1}', b"\xff\xfe", b"7"]
)
def test_what_is_no_index_is_refused(text: bytes) -> None:
    with pytest.raises(InputError, match="http://m/i is refused: it has no JSON object weight_map"):
        parse_index(text, "http://m/i")


def test_shards_that_the_list_lacks_are_named() -> None:
    text = json.dumps(
        {"weight_map": {"a": "2.safetensors", "b": "1.safetensors", "c": "3.safetensors"}}
    )
    index = parse_index(text.encode(), "url")
    assert missing_shards(index, frozenset({"1.safetensors"})) == (
        "2.safetensors is named by model.safetensors.index.json and is not in the list",
        "3.safetensors is named by model.safetensors.index.json and is not in the list",
    )
    assert missing_shards(NO_INDEX, frozenset()) == ()
