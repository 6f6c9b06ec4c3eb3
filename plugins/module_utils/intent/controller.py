# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the machine that runs Ansible must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

OLDEST_ANSIBLE = (2, 19)
WHERE = "the controller"


@dataclass(frozen=True)
class Path:
    """A path that a run will write, the variable that names it, and what is in the way, or ""."""

    variable: str
    path: str
    obstacle: str


@dataclass(frozen=True)
class Controller:
    """Facts of the controller.

    C(interpreter) runs the modules on localhost; C(missing_libraries) are those that it cannot
    import, with the reason. C(forks) are the hosts that Ansible works on at the same time,
    C(forks_needed) those that must be: nodes of a chain wait for each other.
    """

    ansible_version: str
    interpreter: str
    missing_libraries: tuple[str, ...]
    paths: tuple[Path, ...]
    forks: int = 1
    forks_needed: int = 1


def controller_faults(controller: Controller) -> Iterator[Fault]:
    """Faults of the controller."""
    version = tuple(int(number) for number in controller.ansible_version.split(".")[:2])
    if version < OLDEST_ANSIBLE:
        oldest = ".".join(str(number) for number in OLDEST_ANSIBLE)
        yield Fault(
            code="ansible_too_old",
            where=WHERE,
            found=f"ansible-core {controller.ansible_version}",
            needed=f"ansible-core {oldest} or newer",
            fix="install a newer ansible-core on the controller",
        )
    if controller.forks < controller.forks_needed:
        yield Fault(
            code="too_few_forks",
            where=WHERE,
            found=f"Ansible works on {controller.forks} hosts at the same time",
            needed=f"{controller.forks_needed}: that many nodes pass the weights on to one another",
            fix=f"run with --forks {controller.forks_needed}, or set site_weights_transfer: direct",
        )
    for library in controller.missing_libraries:
        yield Fault(
            code="python_library_missing",
            where=WHERE,
            found=f"no Python library {library} for {controller.interpreter}",
            needed=f"{library}: the modules that speak to the cluster import it",
            fix=f"{controller.interpreter} -m pip install {library}, or set"
            " ansible_python_interpreter of localhost",
        )
    for path in controller.paths:
        if path.obstacle:
            yield Fault(
                code="path_not_writable",
                where=f"{WHERE}, {path.variable}",
                found=f"{path.path}: {path.obstacle}",
                needed="a path that can be written",
                fix=f"correct {path.variable}, or the rights of the directory",
            )
