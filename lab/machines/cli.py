"""``python -m lab.machines``: QEMU machines for what needs a kernel of its own."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.hosts import ssh
from lab.hosts.errors import LabError
from lab.machines import definition, install, lifecycle, status
from lab.machines.definition import Disk, Lab, Machine
from lab.machines.paths import DEFAULT_FILE, MachineCache


def main(argv: Sequence[str]) -> int:
    """Run one command; return 0, or 1 after an error has been printed."""
    arguments = parser().parse_args(argv)
    try:
        arguments.command(MachineCache.from_environment(), arguments)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="python -m lab.machines", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    installs = commands.add_parser("install", help="install QEMU where it is missing or too old")
    installs.set_defaults(command=_install)
    _command(commands, "up", _up, "make image and state if needed and start all machines")
    down = _command(commands, "down", _down, "remove all that the lab has on this machine")
    down.add_argument("--name", help="the lab's name, where its file is gone")
    shown = _command(commands, "status", _status, "show the machines")
    shown.add_argument("--json", action="store_true", help="for programs")
    off = _command(commands, "poweroff", _power_off, "cut a machine's power; up boots it again")
    off.add_argument("machine", metavar="MACHINE")
    for name, act, help_ in (
        ("plug", lifecycle.plug, "plug a disk of the lab file in while the machine runs"),
        ("unplug", lifecycle.unplug, "take a disk out while the machine runs; its content stays"),
    ):
        command = _command(commands, name, _on_disk, help_)
        command.set_defaults(act=act)
        command.add_argument("machine", metavar="MACHINE")
        command.add_argument("serial", metavar="SERIAL")
    shell = _command(commands, "shell", _shell, "log in on a machine as root")
    shell.add_argument("machine", metavar="MACHINE")
    execute = _command(commands, "exec", _exec, "run a command on a machine as root")
    execute.add_argument("machine", metavar="MACHINE")
    execute.add_argument("argv", nargs="+", metavar="-- COMMAND")
    return top


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    function: object,
    description: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=description, description=description)
    command.set_defaults(command=function)
    command.add_argument(
        "--lab", type=Path, default=DEFAULT_FILE, help="the lab file (default: %(default)s)"
    )
    return command


def _install(_cache: MachineCache, _arguments: argparse.Namespace) -> None:
    install.ensure(_say)


def _up(cache: MachineCache, arguments: argparse.Namespace) -> None:
    lifecycle.up(cache, definition.load(arguments.lab), _say)


def _down(cache: MachineCache, arguments: argparse.Namespace) -> None:
    lifecycle.down(cache, arguments.name or definition.load(arguments.lab).name, _say)


def _status(cache: MachineCache, arguments: argparse.Namespace) -> None:
    found = status.collect(cache, definition.load(arguments.lab))
    _say(json.dumps(found.as_dict(), indent=2) if arguments.json else status.table(found))


def _power_off(cache: MachineCache, arguments: argparse.Namespace) -> None:
    lab = definition.load(arguments.lab)
    lifecycle.power_off(cache, lab, _machine(lab, arguments.machine))


def _on_disk(cache: MachineCache, arguments: argparse.Namespace) -> None:
    lab = definition.load(arguments.lab)
    machine = _machine(lab, arguments.machine)
    arguments.act(cache, lab, machine, _disk(machine, arguments.serial))


def _shell(cache: MachineCache, arguments: argparse.Namespace) -> None:
    _become_ssh(cache, arguments, ())


def _exec(cache: MachineCache, arguments: argparse.Namespace) -> None:
    _become_ssh(cache, arguments, (shlex.join(arguments.argv),))


def _become_ssh(cache: MachineCache, arguments: argparse.Namespace, command: Sequence[str]) -> None:
    lab = definition.load(arguments.lab)
    known = cache.lab(lab.name).known_hosts
    if not known.exists():
        raise LabError(
            f"lab {lab.name} is not up; run: python -m lab.machines up --lab {arguments.lab}"
        )
    argv = ssh.argv(_machine(lab, arguments.machine), cache.cache.ssh_key, known, command)
    os.execvp(argv[0], argv)  # noqa: S606 - an argument list, no shell


def _machine(lab: Lab, name: str) -> Machine:
    for machine in lab.machines:
        if machine.name == name:
            return machine
    known = ", ".join(machine.name for machine in lab.machines)
    raise LabError(f"lab {lab.name} has no machine {name}; it has {known}")


def _disk(machine: Machine, serial: str) -> Disk:
    for disk in machine.disks:
        if disk.serial == serial:
            return disk
    known = ", ".join(disk.serial for disk in machine.disks) or "none"
    raise LabError(f"machine {machine.name} has no disk {serial} in the lab file; it has {known}")


def _say(text: str) -> None:
    print(text, flush=True)
