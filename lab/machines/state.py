"""A machine that has booted, saved: all machines of a shape begin as copies of it, in seconds.

Saved are its disk (what the boot wrote, over the image) and its memory with all devices. The key
covers what a copy must have in common with it: image, shape, QEMU's version and accelerator.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

from lab.hosts.commands import Say, run
from lab.hosts.errors import LabError
from lab.hosts.locks import exclusive
from lab.machines import agent, names, processes, qmp
from lab.machines.definition import Shape
from lab.machines.names import Handle
from lab.machines.paths import ImagePaths, MachineCache, MachinePaths, StatePaths
from lab.machines.qemu import Qemu
from lab.machines.qmp import Channel

RECIPE = 1  # raise when the machine's devices or what is done before saving change
BOOT_SECONDS = 600.0
COMMAND_SECONDS = 300.0
MIGRATION_SECONDS = 300.0
# Memory at fixed places of the file: resuming reads only what the machine had used.
CAPABILITIES = [{"capability": "mapped-ram", "state": True}]
SETTLE = "/usr/local/sbin/machine-settle"


def key(image: ImagePaths, shape: Shape, qemu: Qemu) -> str:
    """Return the name of the state: 12 hex digits of the SHA-256 of its inputs."""
    inputs = (str(RECIPE), image.root.name, repr(shape), repr(qemu))
    return hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:12]


def ensure(
    cache: MachineCache, image: ImagePaths, shape: Shape, qemu: Qemu, say: Say
) -> StatePaths:
    """Return the state for ``shape``, booted and saved now if it is not there. Raises LabError."""
    state = cache.state(key(image, shape, qemu))
    if state.root.is_dir():
        return state
    cache.states.mkdir(parents=True, exist_ok=True)
    with exclusive(cache.states / ".lock"):
        if state.root.is_dir():
            return state
        say(
            f"state {state.root.name}: booting a machine of {shape.cpus} CPUs and "
            f"{shape.memory_mib} MiB by {qemu.accelerator}, once"
        )
        started = time.monotonic()
        building = cache.states / ".building"
        handle = Handle(names.SAVING, state.root.name)
        processes.kill(h for h in processes.find() if h.lab == names.SAVING)
        if building.exists():
            shutil.rmtree(building)
        paths = MachinePaths(building)
        paths.nothing.mkdir(parents=True)
        try:
            _boot_and_save(image, shape, qemu, handle, paths)
        finally:
            processes.kill([handle])
        _keep(paths, building)
        StatePaths(building).image.write_text(image.root.name, encoding="utf-8")
        building.rename(state.root)
        say(f"state {state.root.name}: saved in {time.monotonic() - started:.0f} s")
        return state


def resume(paths: MachinePaths, state: StatePaths) -> None:
    """Let the waiting machine of ``paths`` go on from ``state``. Raises LabError."""
    with qmp.monitor(paths.qmp) as monitor:
        monitor.ask("migrate-set-capabilities", capabilities=CAPABILITIES)
        monitor.ask("migrate-incoming", uri=f"file:{state.memory}")
        _wait_for_migration(monitor)
        monitor.ask("cont")


def overlay(disk: Path, below: Path) -> None:
    """Make ``disk``, which holds what differs from ``below``."""
    run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(below), "-F", "qcow2", str(disk)])


def _boot_and_save(
    image: ImagePaths, shape: Shape, qemu: Qemu, handle: Handle, paths: MachinePaths
) -> None:
    overlay(paths.disk, image.disk)
    processes.start(qemu.argv(handle, shape, paths, {}), handle)
    agent.wait(paths.agent, BOOT_SECONDS, lambda: processes.is_running(handle))
    agent.run(paths.agent, [SETTLE], seconds=COMMAND_SECONDS)
    with qmp.monitor(paths.qmp) as monitor:
        monitor.ask("stop")
        monitor.ask("migrate-set-capabilities", capabilities=CAPABILITIES)
        monitor.ask("migrate", uri=f"file:{paths.root / 'memory'}")
        _wait_for_migration(monitor)
        monitor.ask("quit")


def _wait_for_migration(monitor: Channel) -> None:
    deadline = time.monotonic() + MIGRATION_SECONDS
    while (status := monitor.ask("query-migrate").get("status")) != "completed":
        if status == "failed":
            raise LabError(f"saving or resuming a machine failed: {monitor.ask('query-migrate')}")
        if time.monotonic() > deadline:
            raise LabError(f"saving or resuming a machine takes over {MIGRATION_SECONDS:.0f} s")
        time.sleep(0.05)


def _keep(paths: MachinePaths, building: Path) -> None:
    """Leave the disk and the memory in ``building``, without the files of the run."""
    for path in (paths.console, paths.log, paths.qmp, paths.agent):
        path.unlink(missing_ok=True)
    paths.nothing.rmdir()
    if not paths.disk.exists() or not StatePaths(building).memory.exists():
        raise LabError(f"{building}: QEMU saved no state")
