# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Open or proprietary kernel modules: what the GPUs of a host allow, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.devices import (
    OPEN,
    PROPRIETARY,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.host import Host
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.release import (
    LAST_PROPRIETARY_BRANCH,
    Release,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

ARGUMENT = "nvidia_driver_kernel_modules"
AUTO = "auto"


def chosen_modules(host: Host, release: Release, asked: str) -> tuple[str, tuple[Fault, ...]]:
    """The flavour, "" where there is none, and why what was asked for cannot be.

    C(auto) takes the open ones wherever all GPUs run with them, as NVIDIA recommends.
    """
    fitting = [kind for kind in (OPEN, PROPRIETARY) if _fits(host, kind) and _has(release, kind)]
    if asked == AUTO:
        if fitting:
            return fitting[0], ()
        return "", tuple(_none_fits(host, release))
    return asked, tuple(_unfit(host, release, asked))


def _fits(host: Host, kind: str) -> bool:
    return all(kind in model.generation.modules for model in host.models)


def _has(release: Release, kind: str) -> bool:
    return kind == OPEN or release.branch <= LAST_PROPRIETARY_BRANCH


def _unfit(host: Host, release: Release, asked: str) -> Iterator[Fault]:
    for model in host.models:
        if asked not in model.generation.modules:
            only = " or ".join(model.generation.modules)
            yield Fault(
                code="kernel_modules_unfit",
                where=ARGUMENT,
                found=f"{asked} for {model.name}",
                needed=f"{only}: {model.generation.name} runs with no other",
                fix=f"set {ARGUMENT} to {AUTO} or {only}",
            )
    if not _has(release, asked):
        yield _gone(release)


def _none_fits(host: Host, release: Release) -> Iterator[Fault]:
    if _fits(host, PROPRIETARY):
        yield _gone(release)
        return
    names = ", ".join(model.name for model in host.models)
    yield Fault(
        code="kernel_modules_differ",
        where="GPUs",
        found=f"{names} in one host",
        needed="GPUs that run with the same kernel modules: a host loads one flavour",
        fix="put the GPUs that need the proprietary modules into another host",
    )


def _gone(release: Release) -> Fault:
    return Fault(
        code="kernel_modules_gone",
        where=ARGUMENT,
        found=f"{PROPRIETARY} in branch {release.branch}",
        needed=f"branch {LAST_PROPRIETARY_BRANCH} or older: later ones have open modules alone",
        fix="take an older branch in the catalogue, or open modules where the GPUs run with them",
    )
