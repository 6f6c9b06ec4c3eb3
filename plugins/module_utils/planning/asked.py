# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person asks of the plan, checked: objective, constraints, environment, cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, rename_fix
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.attention_backend import (
    BACKENDS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.loader import LOADERS
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_shape import (
    DIRECTORY,
    ENVIRONMENT_NAME,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DISAGGREGATED,
    OBJECTIVES,
    UNIFIED,
    Constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    KEY_VALUE_BYTES,
)

PLACE = "site_constraints"


@dataclass(frozen=True)
class Limit:
    """Lowest and highest value of a constraint, and what it counts."""

    low: int
    high: int
    unit: str


# The highest values are beyond every model and site there is: more is a slip of the finger.
LIMITS: Mapping[str, Limit] = {
    "tensor_parallel": Limit(0, 1024, "GPUs"),
    "pipeline_parallel": Limit(0, 256, "stages"),
    "attention_data_parallel": Limit(0, 1024, "groups"),
    "expert_parallel": Limit(0, 1024, "groups"),
    "groups": Limit(0, 10_000, "engine groups"),
    "context": Limit(0, 100_000_000, "tokens"),
    "concurrency": Limit(1, 1_000_000, "requests"),
    "typical_tokens": Limit(2, 100_000_000, "tokens"),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "serving_mode": (UNIFIED, DISAGGREGATED),
    "key_value_format": tuple(KEY_VALUE_BYTES),
    "attention_backend": ("", *BACKENDS),
    "weight_loader": ("", *LOADERS),
}
DIVISORS = ("attention_data_parallel", "expert_parallel")


def parse_constraints(values: Mapping[str, Any]) -> tuple[Constraints, tuple[Fault, ...]]:
    """Constraints by name, with the planner's defaults for those that are not given.

    C(values) have the types of C(Constraints). Where there are faults the defaults are returned.
    """
    faults = tuple(_faults(values))
    return (Constraints() if faults else Constraints(**values)), faults


def objective_faults(objective: str) -> Iterator[Fault]:
    """An objective that there is not."""
    if objective not in OBJECTIVES:
        yield Fault(
            code="unknown_objective",
            where="site_objective",
            found=repr(objective),
            needed=f"one of {', '.join(OBJECTIVES)}",
            fix=rename_fix(objective, OBJECTIVES),
        )


def environment_faults(environment: Mapping[str, Any]) -> Iterator[Fault]:
    """Environment variables that a container cannot have."""
    for name, value in sorted(environment.items()):
        if not ENVIRONMENT_NAME.fullmatch(name) or not isinstance(value, str):
            yield Fault(
                code="environment_invalid",
                where=f"site_environment.{name}",
                found=repr(value),
                needed="a name of letters, digits and '_', and a string",
                fix="quote the value, or correct the name",
            )


def cache_faults(path: str) -> Iterator[Fault]:
    """A directory of the hosts that a pod cannot mount. Empty is none."""
    if path and not DIRECTORY.accepts(path):
        yield Fault(
            code="cache_path_invalid",
            where="site_cache_path",
            found=repr(path),
            needed=f"{DIRECTORY.noun}, or nothing for no cache",
            fix="correct site_cache_path",
        )


def _faults(values: Mapping[str, Any]) -> Iterator[Fault]:
    known = [field.name for field in fields(Constraints)]
    for name in sorted(set(values) - set(known)):
        yield Fault(
            code="unknown_constraint",
            where=PLACE,
            found=f"key {name}",
            needed="a constraint that the planner has",
            fix=rename_fix(name, known),
        )
    yield from _numbers(values)
    yield from _choices(values)
    yield from _fraction(values.get("memory_fraction", 0.0))
    yield from _divisors(values)
    yield from _typical(values)


def _numbers(values: Mapping[str, Any]) -> Iterator[Fault]:
    for name, limit in LIMITS.items():
        value = values.get(name, limit.low)
        if not limit.low <= value <= limit.high:
            needed = f"{limit.low} to {limit.high} {limit.unit}"
            yield _invalid(name, value, needed)


def _choices(values: Mapping[str, Any]) -> Iterator[Fault]:
    for name, choices in CHOICES.items():
        value = values.get(name, choices[0])
        if value not in choices:
            yield _invalid(name, value, f"one of {', '.join(filter(None, choices))}")


def _fraction(fraction: float) -> Iterator[Fault]:
    if not 0 <= fraction < 1:
        needed = "a fraction below 1 of a GPU's memory, or 0 for the engine's own rule"
        yield _invalid("memory_fraction", fraction, needed)


def _divisors(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Attention groups and expert groups share out the tensor-parallel GPUs."""
    tensor = values.get("tensor_parallel", 0)
    for name in DIVISORS:
        value = values.get(name, 0)
        if tensor > 0 and value > 0 and tensor % value:
            yield _invalid(name, value, f"a divisor of tensor_parallel {tensor}")


def _typical(values: Mapping[str, Any]) -> Iterator[Fault]:
    context, typical = values.get("context", 0), values.get("typical_tokens", 0)
    if 0 < context < typical:
        needed = f"at most context {context}: a typical request is no longer than the longest"
        yield _invalid("typical_tokens", typical, needed)


def _invalid(name: str, value: object, needed: str) -> Fault:
    return Fault(
        code="constraint_invalid",
        where=f"{PLACE}.{name}",
        found=repr(value),
        needed=needed,
        fix=f"correct {name}",
    )
