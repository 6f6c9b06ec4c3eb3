"""lab.hosts on a machine whose only cgroup hierarchy is version 2: a host, and a pod in it."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from lab.bundle import builder, catalogue, registry
from lab.hosts import base, machine
from lab.hosts.paths import Cache
from tests.machines import booted
from tests.machines.booted import HERE, Booted

CACHE = "/var/lib/lab"
LAB_FILE = "/srv/checkout/tests/machines/hosts.yml"
UP_SECONDS = 600
POD_SECONDS = 300


def lab_hosts(command: str, *arguments: str) -> str:
    """Return the shell command that runs ``python -m lab.hosts`` in the machine."""
    argv = ["python3", "-m", "lab.hosts", command, "--lab", LAB_FILE, *arguments]
    environment = f"BAREMETAL_SGLANG_CACHE={CACHE} PYTHONDONTWRITEBYTECODE=1"
    return f"cd /srv/checkout; {environment} exec {shlex.join(argv)}"


@pytest.fixture(scope="module")
def host(machines: Booted) -> Booted:
    """A host of lab.hosts in the first machine.

    Its base tree is this machine's: what differs is the list of kernel modules, over which a host
    sees the modules of the machine it runs in.
    """
    tree = base.ensure(Cache.from_environment(), "trixie", machine.kernel(), print)
    ask = "base.key('trixie', machine.kernel(), machine.certificates())"
    key = machines.on(
        "vm1",
        f'cd /srv/checkout; python3 -Bc "from lab.hosts import base, machine; print({ask})"',
    )
    place = f"{CACHE}/base/{key}"
    machines.on(
        "vm1",
        f"mkdir -p {place}; mountpoint -q {place} || mount --bind /srv/bases/{tree.name} {place}",
    )
    started = time.monotonic()
    up = lab_hosts("up", "--bundle", "/srv/bundle", "--wait", str(UP_SECONDS))
    machines.on("vm1", up)
    print(f"\nhost within a machine: {time.monotonic() - started:.0f} s")
    return machines


def test_a_host_boots_with_cgroup_v2_alone(host: Booted) -> None:
    script = (
        "stat -f -c %T /sys/fs/cgroup; hostname; cat /proc/1/comm; "
        "cat /sys/fs/cgroup/cgroup.controllers; systemctl is-active ssh.service"
    )
    said = host.on("vm1", lab_hosts("exec", "h1", "--", "sh", "-c", script)).splitlines()
    assert said[:3] == ["cgroup2fs", "h1", "systemd"]
    assert {"cpu", "memory", "pids"} <= set(said[3].split())
    assert said[4] == "active"


def test_a_static_pod_runs_under_containerd_and_kubelet_of_the_bundle(
    host: Booted, tmp_path: Path
) -> None:
    part = catalogue.load().part("pause")
    image = f"{part['image']}:{part['tag']}"
    _to_host((HERE / "static_pod.sh").read_bytes(), "/root/static_pod.sh")
    _to_host(_archive(image, tmp_path), "/root/pause.tar")
    started = time.monotonic()
    run = ["exec", "h1", "--", "sh", "/root/static_pod.sh", image, str(POD_SECONDS)]
    (pod,) = json.loads(host.on("vm1", lab_hosts(*run)))["items"]
    print(f"\nbare host to running pod: {time.monotonic() - started:.0f} s")
    assert pod["metadata"]["name"] == "alone-h1"
    assert pod["status"]["phase"] == "Running"
    (container,) = pod["status"]["containerStatuses"]
    assert container["ready"]
    assert container["containerID"].startswith("containerd://")
    limit = "cat /sys/fs/cgroup/kubepods.slice/*/*pod*.slice/memory.max"
    assert host.on("vm1", lab_hosts("exec", "h1", "--", "sh", "-c", limit)) == str(32 * 1024**2)


def test_down_leaves_nothing_in_the_machine(host: Booted) -> None:
    host.on("vm1", lab_hosts("down"))
    left = "find /sys/fs/cgroup -name 'bml.*'; ip -brief link | grep bml; grep bml /proc/mounts"
    assert host.on("vm1", f"{{ {left}; }} || true") == ""


def _archive(image: str, scratch: Path) -> bytes:
    """The image of the bundle's registry as an archive that containerd reads."""
    storage = Cache.from_environment().bundle.resolve() / "registry"
    archive = scratch / "pause.tar"
    with registry.serving(storage, scratch) as address:
        source = f"docker://{address}/{image}"
        argv = ["skopeo", "copy", "--quiet", "--src-tls-verify=false", source]
        builder.run([*argv, f"docker-archive:{archive}:{image}"])
    return archive.read_bytes()


def _to_host(data: bytes, path: str) -> None:
    """Write a file in the host, through the machine."""
    into = lab_hosts("exec", "h1", "--", "sh", "-c", f"cat >{path}")
    argv = booted.argv("exec", "vm1", "--", "sh", "-ec", into)
    subprocess.run(argv, cwd=booted.ROOT, input=data, check=True, capture_output=True)
