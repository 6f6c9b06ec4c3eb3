# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two wanted states of a model's weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.absent import ensure_absent
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.present import (
    ensure_present,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec


class _Ensure(Protocol):
    def __call__(self, spec: WeightsSpec, *, check_mode: bool, clock: Clock) -> Change: ...


STATES: Mapping[str, _Ensure] = {"present": ensure_present, "absent": ensure_absent}


def ensure(spec: WeightsSpec, *, check_mode: bool, clock: Clock) -> Change:
    """Bring the model to its wanted state; raises InputError or WeightsError."""
    try:
        return STATES[spec.state](spec, check_mode=check_mode, clock=clock)
    except OSError as error:
        raise WeightsError(
            f"model {spec.name} at {error.filename or spec.destination}: {error.strerror}; "
            "check the file system and who may write there"
        ) from error
