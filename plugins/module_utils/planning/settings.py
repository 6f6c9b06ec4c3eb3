# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A setting of the engine's surroundings: its value, the fact behind it, how to override it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

# What manifests/serving.py and LeaderWorkerSet set in each container; a person cannot.
RESERVED_ENVIRONMENT = {
    "SGLANG_HOST_IP": "the pod's own address",
    "LWS_LEADER_ADDRESS": "LeaderWorkerSet",
    "LWS_GROUP_SIZE": "LeaderWorkerSet",
    "LWS_WORKER_INDEX": "LeaderWorkerSet",
}
PERSON = "site_environment"


@dataclass(frozen=True)
class Setting:
    """One setting: C(fact) says where the value comes from, C(override) how a person changes it."""

    name: str
    value: str
    fact: str
    override: str


@dataclass(frozen=True)
class Environment:
    """Settings by name.

    C(settings) are environment variables of each container. C(elsewhere) are settings that the
    manifests, the hosts or the engine itself make; an empty value there means that nothing is set.
    """

    settings: tuple[Setting, ...]
    elsewhere: tuple[Setting, ...]
    warnings: tuple[str, ...]
    faults: tuple[Fault, ...]


def variable(name: str, value: str, fact: str) -> Setting:
    """An environment variable that a person overrides by its name."""
    return Setting(name, value, fact, f"{PERSON}: {{{name}: ...}}")


def overridden(
    settings: Iterable[Setting], overrides: Iterable[tuple[str, str]]
) -> tuple[Setting, ...]:
    """The settings by name, where those that a person gives win."""
    given = {
        name: Setting(name, value, f"{PERSON} says it", f"remove {name} from {PERSON}")
        for name, value in overrides
    }
    merged = {**{setting.name: setting for setting in settings}, **given}
    return tuple(merged[name] for name in sorted(merged))


def reserved_faults(overrides: Iterable[tuple[str, str]]) -> list[Fault]:
    """Variables that are set already."""
    return [
        Fault(
            code="environment_reserved",
            where=f"{PERSON}.{name}",
            found=repr(value),
            needed=f"no {name}: its value is {RESERVED_ENVIRONMENT[name]}",
            fix=f"remove {name} from {PERSON}",
        )
        for name, value in overrides
        if name in RESERVED_ENVIRONMENT
    ]
