"""What a host without disks of its own gets: the directory and nothing else."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from typing import Any

import pytest

ROOT = "/var/lib/baremetal-sglang/models"


def test_the_directory_can_be_read_by_a_pods_user(host: Any) -> None:
    directory = host.file(ROOT)
    assert (directory.is_directory, directory.user, directory.mode) == (True, "root", 0o755)
    assert host.run_test(f"setpriv --reuid 65532 --clear-groups ls {ROOT}").succeeded


def test_nothing_is_mounted_there(host: Any) -> None:
    assert not host.mount_point(ROOT).exists
    assert ROOT not in host.check_output("cat /etc/fstab 2>/dev/null || true")


@pytest.mark.parametrize("name", ["mdadm", "nfs-kernel-server"])
def test_no_package_is_installed(host: Any, name: str) -> None:
    assert not host.package(name).is_installed


def test_disk_facts_finds_no_disk_of_the_machine(host: Any) -> None:
    found = host.ansible("baremetal.sglang.disk_facts", f"path={ROOT}", check=False)
    assert (found["changed"], found["disks"]) == (False, [])
    assert found["place"] == {"path": ROOT, "source": "", "entries": []}
