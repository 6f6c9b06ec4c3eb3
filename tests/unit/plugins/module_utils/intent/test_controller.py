"""The machine that runs Ansible."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.controller import (
    Controller,
    Path,
    controller_faults,
)

RIGHT = Controller("2.19.3", "/usr/bin/python3", (), (Path("site_artifacts", "/tmp/a", ""),))


@pytest.mark.parametrize("version", ["2.19.0", "2.20.0b1", "2.99.5", "3.0.0"])
def test_a_controller_that_is_right_has_no_fault(version: str) -> None:
    right = dataclasses.replace(RIGHT, ansible_version=version)
    assert list(controller_faults(right)) == []


@pytest.mark.parametrize(
    ("values", "code", "found"),
    [
        ({"ansible_version": "2.18.6"}, "ansible_too_old", "ansible-core 2.18.6"),
        (
            {"missing_libraries": ("kubernetes",)},
            "python_library_missing",
            "no Python library kubernetes for /usr/bin/python3",
        ),
        (
            {"forks": 5, "forks_needed": 32},
            "too_few_forks",
            "Ansible works on 5 hosts at the same time",
        ),
        (
            {"paths": (Path("site_kubeconfig", "/k", "is a directory"),)},
            "path_not_writable",
            "/k: is a directory",
        ),
    ],
)
def test_a_wrong_controller_is_one_fault(values: dict[str, Any], code: str, found: str) -> None:
    faults = list(controller_faults(dataclasses.replace(RIGHT, **values)))
    assert [(fault.code, fault.found) for fault in faults] == [(code, found)]
