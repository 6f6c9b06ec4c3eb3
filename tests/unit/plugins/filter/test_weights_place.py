"""The filter that names the host and the directory of a source."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.filter.weights_place import FilterModule

weights_place = FilterModule().filters()["weights_place"]
NOWHERE = {"host": "", "path": "", "url": ""}


def test_a_directory_of_a_host_is_taken_apart() -> None:
    assert weights_place("file://node1/data/r1/") == {
        "host": "node1",
        "path": "/data/r1",
        "url": "file:///data/r1",
    }


@pytest.mark.parametrize("source", ["", "http://node1/data", "file:data/r1", "file://node1"])
def test_what_is_no_directory_of_a_host_has_no_place(source: str) -> None:
    assert weights_place(source) == NOWHERE
