"""After the reset the host is as it was, but for what the distribution's archive gave."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from typing import Any

testinfra_hosts = ["ansible://gpu1"]


def test_no_package_of_the_driver_is_left(host: Any) -> None:
    rows = host.check_output("dpkg-query --show -f '${Package} ${db:Status-Abbrev}\\n'")
    assert [row for row in rows.splitlines() if "nvidia" in row or "libcuda1" in row] == []
    assert host.check_output("apt-mark showhold") == ""


def test_no_file_of_the_role_is_left(host: Any) -> None:
    found = host.check_output("find /etc -name '*baremetal-sglang*'")
    assert found == ""
    assert host.check_output("find /etc/systemd -name '*nvidia*'") == ""
    assert "nouveau" not in host.check_output("cat /etc/modprobe.d/* 2>/dev/null || true")


def test_apt_offers_none_of_it(host: Any) -> None:
    assert host.check_output("apt-cache madison nvidia-driver-cuda") == ""


def test_headers_stay(host: Any) -> None:
    assert host.package(f"linux-headers-{host.check_output('uname -r')}").is_installed
