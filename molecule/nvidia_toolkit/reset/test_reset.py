"""After the reset nothing is left of the toolkit, and containerd answers."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from typing import Any

testinfra_hosts = ["ansible://gpu1"]
# Not the toolkit's: the simulated driver's drop-in of its unit.
SIMULATED = "nvidia-cdi-refresh.service.d"


def test_no_package_and_no_hold_is_left(host: Any) -> None:
    rows = host.check_output("dpkg-query --show -f '${Package} ${db:Status-Abbrev}\\n'")
    assert [row for row in rows.splitlines() if "nvidia" in row] == []
    assert "nvidia" not in host.check_output("apt-mark showhold")


def test_no_file_is_left(host: Any) -> None:
    found = host.check_output("find /etc /run/cdi -name '*nvidia*'").split()
    assert [path for path in found if not path.endswith(SIMULATED)] == []


def test_containerd_runs_without_the_runtime(host: Any) -> None:
    assert host.service("containerd").is_running
    assert "nvidia" not in host.check_output("containerd config dump")
