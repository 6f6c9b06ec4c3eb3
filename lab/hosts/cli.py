"""``python -m lab.hosts``: boots hosts for the collection's roles and removes them again."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.hosts import definition, lifecycle, ssh, status, traces
from lab.hosts.definition import Host, Lab
from lab.hosts.errors import LabError
from lab.hosts.lifecycle import Options
from lab.hosts.paths import DEFAULT_LAB_FILE, Cache


def main(argv: Sequence[str]) -> int:
    """Run one command; return 0, or 1 after an error has been printed."""
    arguments = parser().parse_args(argv)
    try:
        arguments.command(Cache.from_environment(), arguments)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="python -m lab.hosts", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    up = _command(commands, "up", _up, "build the base tree if needed and boot all hosts")
    up.add_argument("--online", action="store_true", help="give the hosts a way to outside")
    up.add_argument("--bundle", type=Path, help="the bundle's directory (default: the cache's)")
    up.add_argument(
        "--wait",
        type=float,
        metavar="SECONDS",
        default=lifecycle.SSH_SECONDS,
        help="how long hosts may take to answer (default: %(default).0f)",
    )
    down = _command(commands, "down", _down, "remove all that the lab has on this machine")
    whose = down.add_mutually_exclusive_group()
    whose.add_argument("--name", help="the lab's name, where its file is gone")
    whose.add_argument("--all", action="store_true", help="remove every lab, whatever its file")
    shown = _command(commands, "status", _status, "show the hosts")
    shown.add_argument("--json", action="store_true", help="for programs")
    shell = _command(commands, "shell", _shell, "log in on a host as root")
    shell.add_argument("host", metavar="HOST")
    execute = _command(commands, "exec", _exec, "run a command on a host as root")
    execute.add_argument("host", metavar="HOST")
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
        "--lab", type=Path, default=DEFAULT_LAB_FILE, help="the lab file (default: %(default)s)"
    )
    return command


def _up(cache: Cache, arguments: argparse.Namespace) -> None:
    options = Options(arguments.bundle or cache.bundle, arguments.online, arguments.wait)
    lifecycle.up(cache, definition.load(arguments.lab), options, _say)


def _down(cache: Cache, arguments: argparse.Namespace) -> None:
    if arguments.all:
        names = sorted(traces.labs(cache))
    else:
        names = [arguments.name or definition.load(arguments.lab).name]
    for name in names:
        lifecycle.down(cache, name, _say)


def _status(cache: Cache, arguments: argparse.Namespace) -> None:
    found = status.collect(cache, definition.load(arguments.lab))
    _say(json.dumps(found.as_dict(), indent=2) if arguments.json else status.table(found))


def _shell(cache: Cache, arguments: argparse.Namespace) -> None:
    _become_ssh(cache, arguments, ())


def _exec(cache: Cache, arguments: argparse.Namespace) -> None:
    _become_ssh(cache, arguments, (shlex.join(arguments.argv),))


def _become_ssh(cache: Cache, arguments: argparse.Namespace, command: Sequence[str]) -> None:
    lab = definition.load(arguments.lab)
    known = cache.lab(lab.name).known_hosts
    if not known.exists():
        raise LabError(
            f"lab {lab.name} is not up; run: python -m lab.hosts up --lab {arguments.lab}"
        )
    argv = ssh.argv(_host(lab, arguments.host), cache.ssh_key, known, command)
    os.execvp(argv[0], argv)  # noqa: S606 - an argument list, no shell


def _host(lab: Lab, name: str) -> Host:
    for host in lab.hosts:
        if host.name == name:
            return host
    raise LabError(
        f"lab {lab.name} has no host {name}; it has {', '.join(h.name for h in lab.hosts)}"
    )


def _say(text: str) -> None:
    print(text, flush=True)
