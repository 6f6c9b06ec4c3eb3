"""What apt says it would install."""

from __future__ import annotations

from lab.bundle.debian import simulated


def test_versions_of_installed_packages_are_read() -> None:
    output = """\
NOTE: This is only a simulation!
Inst gcc-14-base (14.2.0-19 Debian:13.2/stable [amd64])
Inst conntrack (1:1.4.8-2 Debian:13.2/stable [amd64]) []
Conf conntrack (1:1.4.8-2 Debian:13.2/stable [amd64])
"""
    assert simulated(output) == {"gcc-14-base": "14.2.0-19", "conntrack": "1:1.4.8-2"}
