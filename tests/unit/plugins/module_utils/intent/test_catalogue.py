"""Pins of the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import (
    Catalogue,
    catalogue_faults,
    part_fault,
)

from tests.unit.plugins.module_utils.intent.samples import CATALOGUE


def catalogue(name: str, **values: Any) -> Catalogue:
    parts = {**CATALOGUE.parts, name: {**CATALOGUE.parts.get(name, {}), **values}}
    return Catalogue(parts, CATALOGUE.sets)


def test_the_sample_has_no_fault() -> None:
    assert list(catalogue_faults(CATALOGUE)) == []


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("engine", {"version": "newest"}, "version 'newest'"),
        ("engine", {"version": 1.2}, "version 1.2"),
        ("engine", {"version": "1"}, "version '1'"),
        ("engine", {"tag": "latest"}, "tag 'latest'"),
        ("engine", {"tag": ""}, "tag ''"),
        ("kubelet", {"version": ">=1.30"}, "version '>=1.30'"),
    ],
)
def test_a_pin_that_is_none_is_one_fault(name: str, values: dict[str, Any], found: str) -> None:
    faults = list(catalogue_faults(catalogue(name, **values)))
    assert [(fault.code, fault.where, fault.found) for fault in faults] == [
        ("bad_pin", f"catalogue part {name}", found)
    ]


@pytest.mark.parametrize(
    ("name", "version", "faulty"),
    [
        ("kubelet", "1.30.9-1.1", False),
        ("kubelet", "1.27.0-1.1", False),
        ("kubelet", "1.26.0-1.1", True),
        ("kubelet", "1.31.0-1.1", True),
        ("kubelet", "2.30.0-1.1", True),
        ("kubeadm", "1.29.0-1.1", True),
        ("kubeadm", "1.30.0-1.1", False),
    ],
)
def test_versions_keep_to_the_skew_policy(name: str, version: str, faulty: bool) -> None:
    faults = [fault.code for fault in catalogue_faults(catalogue(name, version=version))]
    assert faults == (["version_skew"] if faulty else [])


def test_a_catalogue_without_kubernetes_has_no_skew() -> None:
    parts = {"engine": CATALOGUE.parts["engine"]}
    assert list(catalogue_faults(Catalogue(parts, {}))) == []


def test_a_name_that_is_no_part_gets_the_nearest_of_its_kind() -> None:
    assert part_fault("x", "y", "engin", CATALOGUE, "image").fix == "write engine"
    far = part_fault("x", "y", "zzz", CATALOGUE, "chart")
    assert far.needed == "a part of kind chart of the catalogue: it has none"
    assert far.fix == "choose one, or add the chart to the catalogue"
