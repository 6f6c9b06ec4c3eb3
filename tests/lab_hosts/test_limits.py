"""A host's disk and memory limits are real: they run out for it and for nobody else."""

from __future__ import annotations

import pytest

from tests.lab_hosts.conftest import BootedLab, MakeLab

EAT = 'python3 -c "b = bytearray({mib} << 20); print(len(b) >> 20)"'


@pytest.fixture(scope="module")
def lab(make_lab: MakeLab) -> BootedLab:
    lab = make_lab("tlimits", 240, small={"disk": 1, "memory": 0.25}, free={})
    lab.run("up")
    return lab


def test_a_disk_of_one_gib_is_full_after_one_gib(lab: BootedLab) -> None:
    said = lab.on("small", "fallocate -l 1100M /var/lib/big 2>&1; rm -f /var/lib/big")
    assert "No space left on device" in said
    lab.on("free", "fallocate -l 1100M /var/lib/big && rm /var/lib/big")


def test_var_is_one_file_system_that_containers_can_use(lab: BootedLab) -> None:
    for host in lab.hosts:
        script = (
            "cd $(mktemp -d -p /var/lib) && mkdir l u w m &&"
            " mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m && umount m && echo ok"
        )
        assert lab.on(host, script) == "ok"


def test_memory_beyond_the_limit_kills_within_the_host_only(lab: BootedLab) -> None:
    assert lab.on("free", EAT.format(mib=400)) == "400"
    assert lab.on("small", EAT.format(mib=64)) == "64"
    lab.on("small", EAT.format(mib=400), status=137)
    assert lab.states() == {"small": "running", "free": "running"}
