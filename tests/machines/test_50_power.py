"""The NFS server loses its power in the middle of staging; its client has booted meanwhile.

One loss of power for what follows from it: the machine boots from its own disk, RAID and mounts are
back, a reader has waited for its server, staging goes on though the clock jumped, every byte right.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import USER_ID

from tests.lab_driver import kill
from tests.machines import booted, storage
from tests.machines.storage import ROOT, SHARD, StorageSite
from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    make_model,
    web_server,
)

# This machine's address on the lab's bridge.
SOURCE = "10.79.10.254"
# F32 numbers of a shard: 12 MB.
ELEMENTS = 3_000_000
# Bytes every 10 ms: the second shard would land for ten minutes, the other machine boots meanwhile.
TRICKLE = 200
LANDED_SECONDS = 900
BACK_DAYS = 2
PUBLISHED = f"{ROOT}/{booted.MODEL}"
CLAIM = "/mnt/claim"
COLD = "echo 3 >/proc/sys/vm/drop_caches"
CHECK = "sha256sum --check --quiet SHA256SUMS"
MOUNT_UNIT = f"$(systemd-escape --path --suffix=mount {ROOT})"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Model, WebServer]]:
    """A model whose second shard comes slowly, once."""
    model = make_model(tmp_path_factory.mktemp("model") / "source", elements=ELEMENTS)
    with web_server(model.path, address=SOURCE) as server:
        server.faults[SHARDS[1]] = [Fault("trickle", TRICKLE)]
        yield model, server


@pytest.fixture(scope="module")
def staged(
    machines: booted.Booted,
    source: tuple[Model, WebServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> StorageSite:
    """The site of the storage, with the weights from this machine."""
    model, server = source
    directory = tmp_path_factory.mktemp("staging")
    return storage.make(
        machines,
        directory / "machines",
        site_weights_source=server.url,
        site_weights_digest=model.digest,
        # Connections of before the loss of power are dead, and Ansible would use them again.
        ansible_control_path_dir=str(directory / "after"),
    )


def test_a_loss_of_power_in_the_middle_of_staging(
    staged: StorageSite, source: tuple[Model, WebServer], tmp_path: Path
) -> None:
    """The second machine reboots while the first stages; then the first loses its power."""
    machines = staged.machines
    _model, server = source
    machines.on("vm1", "echo kept >/root/kept; sync")
    boots = {name: storage.boot_id(machines, name) for name in machines.addresses}
    shard = staged.digest("vm1")
    machines.on("vm2", "systemctl reboot", check=False)
    # Only the server stages: the other machine is not needed.
    argv = ["baremetal.sglang.weights", "-i", str(staged.inventory), "--limit", "vm1"]
    before = f"ansible_control_path_dir={tmp_path / 'before'}"
    log = tmp_path / "weights.log"
    staging = booted.start("ansible-playbook", *argv, "-e", before, log=log)
    try:
        _wait_for_bytes(server, staging, log)
        storage.wait_for_boot(machines, "vm2", boots["vm2"])
        assert staged.digest("vm2") == shard
        assert staging.poll() is None, log.read_text()
    finally:
        kill(staging)
    booted.command("poweroff", "vm1")
    states = {m["name"]: m["state"] for m in booted.status()["machines"]}
    assert states == {"vm1": "stopped", "vm2": "running"}
    machines.on("vm2", COLD)
    reading = subprocess.Popen(
        booted.argv("exec", "vm2", "--", "sha256sum", SHARD),
        cwd=booted.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    started = time.monotonic()
    booted.command("up")
    print(f"\nboot from its own disk: {time.monotonic() - started:.0f} s")
    storage.wait_for_boot(machines, "vm1", boots["vm1"])
    assert machines.on("vm1", "cat /root/kept; hostname").split() == ["kept", "vm1"]
    said, _nothing = reading.communicate(timeout=storage.BOOT_SECONDS)
    print(f"\nread {time.monotonic() - started:.0f} s after the loss of power")
    assert (reading.returncode, said.split()[0]) == (0, shard)


def test_all_is_mounted_after_the_boots(staged: StorageSite) -> None:
    (own,) = staged.mounts("vm1")
    (remote,) = staged.mounts("vm2")
    assert (own["fstype"], remote["fstype"]) == ("xfs", "nfs4")
    asked = "test -b /dev/md/sglang-model && systemctl is-active nfs-server"
    assert staged.on("vm1", asked) == "active"
    # A client that is up before its server tries until it is there.
    ask = f"systemctl show --property=TimeoutUSec --value {MOUNT_UNIT}"
    assert staged.on("vm2", ask) == "infinity"


def test_staging_goes_on_though_the_clock_jumped(
    staged: StorageSite, source: tuple[Model, WebServer]
) -> None:
    """And storage has nothing to do after the boots; the client sees what the server published."""
    model, server = source
    server.requests.clear()
    staged.on("vm1", f"date --set '-{BACK_DAYS} days'")
    run = staged.play(phases=("storage", "weights"))
    staged.on("vm1", f"date --set '+{BACK_DAYS} days'")
    assert run.status == 0, run.output
    # What had landed whole is not fetched again, and only the server writes.
    assert SHARDS[1] in {name for name, _range in server.asked("GET")}
    assert SHARDS[0] not in {name for name, _range in server.asked("GET")}
    assert run.changed_by("storage") == []
    assert run.changed["vm2"] == 0
    listed = (model.path / "SHA256SUMS").read_text()
    for machine in ("vm1", "vm2"):
        staged.on(machine, f"{COLD}; cd {PUBLISHED}; {CHECK}")
        assert staged.on(machine, f"cat {PUBLISHED}/SHA256SUMS") == listed.strip()


def test_a_pod_of_the_client_can_read_them(staged: StorageSite) -> None:
    """By a claim, for which the kubelet does this: pkg/volume/local/local.go of Kubernetes 1.36."""
    bind = f"mkdir {CLAIM}; mount --bind {PUBLISHED} {CLAIM}; mount -o remount,bind,ro {CLAIM}"
    user = f"setpriv --reuid {USER_ID} --regid {USER_ID} --clear-groups"
    staged.on("vm2", f"{COLD}; {bind}; cd {CLAIM}; {user} {CHECK}; cd /; umount {CLAIM}")


def _wait_for_bytes(server: WebServer, staging: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until one shard has landed whole and a part of the other."""
    deadline = time.monotonic() + LANDED_SECONDS
    first = (server.directory / SHARDS[0]).stat().st_size
    while server.sent_bytes < first + 100 * TRICKLE:
        assert staging.poll() is None, log.read_text()
        assert time.monotonic() < deadline, f"{server.sent_bytes} bytes sent\n{log.read_text()}"
        time.sleep(0.2)
