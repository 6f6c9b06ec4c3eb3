# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The memory of one rank on a host without GPUs, as the lab runs the engine."""

from __future__ import annotations

import math

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import (
    Candidate,
    Memory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    token_bytes,
    weights_bytes,
)

MIB = 1024**2
# Proportional set size of one engine with a model of a few MB, its processes together: 1.66 GB,
# measured on a host with two cores.
RUNTIME_MIB = 1700
# The smallest part of the memory that has a place in --mem-fraction-static here; the engine rounds
# its own to three places too.
FRACTION_STEP = 1000


def cpu_memory_of(
    model: ModelSpec,
    weight_format: WeightFormat,
    memory_mib: int,
    candidate: Candidate,
    constraints: Constraints,
) -> Memory:
    """The memory of a rank that may use C(memory_mib) of main memory.

    The KV cache has the tokens that the constraints ask for and no more, since main memory is
    everybody's: the engine is told the number. C(key_value) below 0 says how many bytes are
    missing.
    """
    total, runtime = memory_mib * MIB, RUNTIME_MIB * MIB
    weights = weights_bytes(model, weight_format, candidate)
    one_token = token_bytes(model, candidate, constraints.key_value_format)
    left = total - runtime - weights
    wanted = max(constraints.context, constraints.concurrency * constraints.typical_tokens)
    tokens = min(wanted, max(0, left) // one_token)
    fraction = constraints.memory_fraction or _fraction((weights + tokens * one_token) / total)
    return Memory(
        total=total,
        weights=weights,
        key_value=tokens * one_token if left > 0 else left,
        activations=0,
        graphs=0,
        reserve=max(0, left - tokens * one_token),
        token_bytes=one_token,
        tokens=tokens,
        static_fraction=fraction,
        runtime=runtime,
    )


def _fraction(share: float) -> float:
    return math.ceil(share * FRACTION_STEP) / FRACTION_STEP
