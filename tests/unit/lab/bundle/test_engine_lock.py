"""The engine's locks follow from the catalogue."""

from __future__ import annotations

import tomllib

from lab.bundle import engine_lock
from lab.bundle.catalogue import Part

PACKAGES: dict[str, Part] = {
    "sglang": {"version": "0.98.17", "requires": ["torch", "numpy"]},
    "torch-cpu": {"package": "torch", "version": "2.98.0", "requires": []},
    "transformers": {"version": "5.98.1"},
}


def test_each_package_is_pinned_under_its_name_in_the_index() -> None:
    assert engine_lock.pins(PACKAGES) == "sglang==0.98.17\ntorch==2.98.0\ntransformers==5.98.1\n"


def test_requires_replaces_what_a_package_requires_and_nothing_else() -> None:
    assert tomllib.loads(engine_lock.metadata(PACKAGES)) == {
        "dependency-metadata": [
            {"name": "sglang", "version": "0.98.17", "requires-dist": ["torch", "numpy"]},
            {"name": "torch", "version": "2.98.0", "requires-dist": []},
        ]
    }
