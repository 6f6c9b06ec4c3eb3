"""Bringing machines up and taking them down."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Interface
from pathlib import Path

from lab.hosts import network, ssh
from lab.hosts.commands import Say, require, run
from lab.hosts.errors import LabError
from lab.hosts.locks import exclusive
from lab.hosts.paths import REPOSITORY
from lab.machines import (
    accelerator,
    disks,
    identity,
    image,
    install,
    names,
    processes,
    state,
    status,
)
from lab.machines.definition import Disk, Lab, Machine
from lab.machines.paths import MachineCache, StatePaths
from lab.machines.qemu import TUN, Qemu

PROGRAMS = ("ip", "qemu-img", "ssh", "ssh-keygen")
BOOT_SECONDS = 600.0
# A machine without acceleration starts a process for each caller: one that hangs up costs it more.
GREETING_SECONDS = 15.0


def up(cache: MachineCache, lab: Lab, say: Say) -> None:
    """Bring every machine of ``lab`` to an answering ssh server; running ones stay as they are.

    A new machine begins as a copy of the saved state; one that was powered off boots from its own
    disk. Writes the lab's known_hosts and status.json. Raises LabError.
    """
    _require_root()
    require(*PROGRAMS)
    started = time.monotonic()
    with exclusive(cache.lock(lab.name)):
        running = processes.find()
        missing = [
            machine
            for machine in lab.machines
            if lab.handle(machine) not in running
            or not cache.lab(lab.name).machine(machine.name).state.exists()
        ]
        if missing:
            _launch_all(cache, lab, missing, say)
        paths = cache.lab(lab.name)
        keys = [(m, identity.public_key(paths.machine(m.name))) for m in lab.machines]
        paths.known_hosts.write_text(ssh.known_hosts(keys), encoding="utf-8")
        _at_once(lab.machines, lambda machine: _wait(cache, lab, machine))
        found = status.collect(cache, lab)
        paths.status.write_text(json.dumps(found.as_dict(), indent=2) + "\n", encoding="utf-8")
    for machine in lab.machines:
        say(f"  {machine.name} {machine.address}: ssh answers")
    say(f"lab {lab.name}: {len(lab.machines)} machines up, {time.monotonic() - started:.1f} s")


def down(cache: MachineCache, name: str, say: Say) -> None:
    """Remove everything that the lab called ``name`` has on this machine. Raises LabError."""
    _require_root()
    started = time.monotonic()
    with exclusive(cache.lock(name)):
        ended = processes.kill(h for h in processes.find() if h.lab == name)
        network.remove_link(names.bridge(name))
        root = cache.lab(name).root
        if root.exists():
            shutil.rmtree(root)
        rest = [str(handle) for handle in processes.find() if handle.lab == name]
    if rest:
        raise LabError(f"lab {name}: still there after down: {', '.join(rest)}; run down again")
    say(f"lab {name}: removed {ended} machines, {time.monotonic() - started:.1f} s")


def power_off(cache: MachineCache, lab: Lab, machine: Machine) -> None:
    """End ``machine`` at once, as a loss of power would; ``up`` boots it again. Raises LabError."""
    with exclusive(cache.lock(lab.name)):
        processes.kill([lab.handle(machine)])


def plug(cache: MachineCache, lab: Lab, machine: Machine, disk: Disk) -> None:
    """Plug a disk of ``machine`` in while it runs. Raises LabError."""
    with exclusive(cache.lock(lab.name)):
        disks.plug(machine, disk, cache.lab(lab.name).machine(machine.name))


def unplug(cache: MachineCache, lab: Lab, machine: Machine, disk: Disk) -> None:
    """Take a disk out of ``machine`` while it runs; its content stays. Raises LabError."""
    with exclusive(cache.lock(lab.name)):
        disks.unplug(disk, cache.lab(lab.name).machine(machine.name))


def _require_root() -> None:
    if os.geteuid() != 0:
        raise LabError("machines get a bridge and taps of their own: run it as root")


def _launch_all(cache: MachineCache, lab: Lab, missing: list[Machine], say: Say) -> None:
    if not TUN.exists():
        raise LabError(f"this machine lacks {TUN}, through which machines reach their bridge")
    version = install.require_qemu()
    base = image.ensure(cache, say)
    qemu = Qemu(version, accelerator.choose(base.kernel))
    states = {
        shape: state.ensure(cache, base, shape, qemu, say)
        for shape in sorted({machine.shape for machine in missing})
    }
    _ensure_bridge(lab)
    _at_once(missing, lambda machine: _launch(cache, lab, machine, states[machine.shape], qemu))


def _launch(cache: MachineCache, lab: Lab, machine: Machine, saved: StatePaths, qemu: Qemu) -> None:
    handle = lab.handle(machine)
    paths = cache.lab(lab.name).machine(machine.name)
    argv = qemu.argv(handle, machine.shape, paths, _shares(cache, machine))
    bridge = names.bridge(lab.name)
    processes.kill([handle])
    if paths.state.exists():
        disks.make(machine, paths)
        processes.start([*argv, *disks.arguments(machine, paths)], handle, bridge=bridge)
        return
    if paths.root.exists():  # a copy that never became a machine of its own
        shutil.rmtree(paths.root)
    paths.nothing.mkdir(parents=True)
    state.overlay(paths.disk, saved.disk)
    processes.start([*argv, "-incoming", "defer"], handle, bridge=bridge)
    state.resume(paths, saved)
    identity.give(lab, machine, paths, cache.cache.ssh_key)
    disks.make(machine, paths)
    for disk in machine.disks:
        disks.plug(machine, disk, paths)
    paths.state.write_text(saved.root.name, encoding="utf-8")


def _shares(cache: MachineCache, machine: Machine) -> dict[str, Path]:
    """Return the directories that ``machine`` sees. Raises LabError where one is not there."""
    sources = {
        "bases": cache.cache.bases,
        "bundle": cache.cache.bundle.resolve(),
        "checkout": REPOSITORY,
    }
    wanted = {name: sources[name] for name, _ in machine.shares}
    for name, source in wanted.items():
        if not source.is_dir():
            raise LabError(f"machine {machine.name}: share {name}: {source} is not there")
    return wanted


def _ensure_bridge(lab: Lab) -> None:
    """Make the lab's bridge with this machine's address on it, unless it is there.

    Raises LabError when another interface of this machine lies in the lab's network.
    """
    name = names.bridge(lab.name)
    present = network.links()
    network.refuse_overlap(lab.network, name, present)
    address = IPv4Interface(f"{lab.machine_address}/{lab.network.prefixlen}")
    own = [link for link in present if link.name == name]
    if own and address in own[0].addresses:
        return
    network.remove_link(name)
    lines = (f"link add {name} type bridge", f"address add {address} dev {name}")
    run(["ip", "-batch", "-"], stdin="\n".join([*lines, f"link set {name} up"]) + "\n")


def _wait(cache: MachineCache, lab: Lab, machine: Machine) -> None:
    console = cache.lab(lab.name).machine(machine.name).console
    alive = partial(processes.is_running, lab.handle(machine))
    try:
        ssh.wait(machine, BOOT_SECONDS, alive, greeting_seconds=GREETING_SECONDS)
    except LabError as error:
        said = console.read_text(errors="replace").strip().splitlines()[-10:]
        raise LabError("\n  ".join([f"{error}; {console} ends with:", *said])) from error


def _at_once(machines: list[Machine] | tuple[Machine, ...], act: Callable[[Machine], None]) -> None:
    """Act on all machines at the same time; raise LabError with what all of them say is wrong."""
    with ThreadPoolExecutor(len(machines)) as pool:
        acts = [pool.submit(act, machine) for machine in machines]
    failed = [error for done in acts if (error := done.exception())]
    if others := [error for error in failed if not isinstance(error, LabError)]:
        raise others[0]
    if failed:
        raise LabError("\n".join(str(error) for error in failed))
