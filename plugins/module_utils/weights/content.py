# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks a landed file beyond its digest: a list can be right about bytes that are no weights."""

from __future__ import annotations

import os

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import (
    TransferAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import SourceError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.landing import ContentCheck
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.safetensors import (
    LENGTH_BYTES,
    MAX_HEADER_BYTES,
    SUFFIX,
    Index,
    header_bytes,
    header_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec


def content_check(spec: WeightsSpec, index: Index, adapter: TransferAdapter) -> ContentCheck:
    """The check of landed files that the parameters ask for; it raises SourceError."""

    def check(path: str, name: str) -> None:
        if "safetensors" not in spec.checks or not name.endswith(SUFFIX):
            return
        faults = header_faults(read_head(path), os.path.getsize(path), index.tensors_of(name))
        if faults:
            raise SourceError(
                adapter.url(name),
                f"its digest is the listed one, but it is no whole safetensors file: "
                f"{'; '.join(faults[:5])}",
                "replace the file at the source and write SHA256SUMS anew",
                faults=list(faults),
            )

    return check


def read_head(path: str) -> bytes:
    """A safetensors file's length field and JSON header (the length field alone if it lies)."""
    with open(path, "rb") as file:
        first = file.read(LENGTH_BYTES)
        length = header_bytes(first)
        return first + file.read(length) if length <= MAX_HEADER_BYTES else first
