# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who verified weights, for the records that stay beside them."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass

# The collection's version (galaxy.yml); a program on a node has no galaxy.yml to read it from.
VERSION = "0.1.0"


@dataclass(frozen=True)
class Verifier:
    """A run of one of this collection's programs: which, of which version, on which host.

    ``run`` is what the run's own side calls it (a person, a pipeline's number, a systemd
    invocation). Fields are empty in a record that does not say them.
    """

    program: str = ""
    version: str = ""
    host: str = ""
    run: str = ""


def this_verifier(program: str, run: str) -> Verifier:
    """This process on this host."""
    return Verifier(program, VERSION, platform.node(), run)


def parse_verifier(entry: Mapping[str, object]) -> Verifier:
    """A verifier as a record holds it; raises KeyError or TypeError for anything else."""
    return Verifier(*(str(entry[key]) for key in ("program", "version", "host", "run")))
