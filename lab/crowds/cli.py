"""`python -m lab.crowds`: a real control plane with as many nodes as an inventory has hosts."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab.crowds import crowd
from lab.crowds.api import ControlPlane
from lab.crowds.nodes import read_inventory
from lab.hosts.errors import LabError


def main(argv: Sequence[str]) -> int:
    """Run one command; return 0, or 1 after an error has been printed."""
    arguments = parser().parse_args(argv)
    try:
        arguments.command(arguments)
    except (LabError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="python -m lab.crowds", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, function, text in (
        ("up", _up, "start the control plane and make the inventory's nodes"),
        ("down", _down, "end the processes and delete the data"),
        ("status", _status, "show the nodes and what runs on them"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=function)
        command.add_argument("--inventory", type=Path, required=True, metavar="DIR")
    return top


def _up(arguments: argparse.Namespace) -> None:
    started = time.monotonic()
    machines = read_inventory(arguments.inventory)
    plane = crowd.up(_name(arguments), machines)
    seconds = time.monotonic() - started
    print(f"crowd {_name(arguments)}: {len(machines)} nodes ready, {seconds:.1f} s")
    print(f"export KUBECONFIG={plane.kubeconfig}")


def _down(arguments: argparse.Namespace) -> None:
    crowd.down(_name(arguments))


def _status(arguments: argparse.Namespace) -> None:
    directory = crowd.directory_of(_name(arguments))
    missing = crowd.missing(directory)
    if missing:
        raise LabError(
            f"crowd {directory.name}: {', '.join(missing)} not running; run up, which begins anew"
        )
    rows = [("NODE", "STATE", "RACK", "GPUS", "PODS")]
    for found in crowd.status(ControlPlane.read(directory / "kubeconfig")):
        state = "ready" if found.ready else "not ready"
        rows.append((found.name, state, found.rack, str(found.gpus), str(found.pods)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        print(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )


def _name(arguments: argparse.Namespace) -> str:
    """The crowd of an inventory has the name of its directory."""
    return str(arguments.inventory.resolve().name)
