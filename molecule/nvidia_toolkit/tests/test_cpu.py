"""A host without GPU has containerd, and nothing of NVIDIA's."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from typing import Any

testinfra_hosts = ["ansible://cpu1"]


def test_containerd_runs_without_a_runtime_of_nvidia(host: Any) -> None:
    assert host.service("containerd").is_running
    assert "nvidia" not in host.check_output("containerd config dump")


def test_apt_has_no_package_and_no_source_of_it(host: Any) -> None:
    packages = host.check_output("dpkg-query --show -f '${Package}\\n'").split()
    assert [name for name in packages if "nvidia" in name] == []
    assert host.check_output("find /etc/apt /etc/containerd -name '*nvidia*'") == ""
