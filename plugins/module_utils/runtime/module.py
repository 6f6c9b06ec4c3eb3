# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The only place that touches AnsibleModule: parameters in, one exit_json or one fail_json out.

A module is then::

    from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
        Request, run_module,
    )

    def operate(request: Request) -> Change:           # or Finding for an _info module
        spec = WeightsSpec.parse(request.parameters)   # raises InputError: all faults at once
        return ensure(spec, check_mode=request.check_mode)

    def main() -> None:
        run_module(argument_spec=dict(...), operate=operate)

C(Change) and C(Finding) come from C(module_utils/change.py), which every layer may import.
C(OperationError) (and its subclasses) becomes C(fail_json(msg, **details)); any other exception
is reported as a defect with its traceback. C(changed), C(actions) and C(diff) are made here.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Union

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.sglang.plugins.module_utils.change import (
    Change,
    Finding,
    OperationError,
)

Outcome = Union[Change, Finding]


@dataclass(frozen=True)
class Request:
    """What a person asked of a module: its checked parameters and Ansible's run mode."""

    parameters: Mapping[str, Any]
    check_mode: bool
    diff_mode: bool


def run_module(
    *,
    argument_spec: Mapping[str, Any],
    operate: Callable[[Request], Outcome],
    supports_check_mode: bool = True,
    **constraints: Any,
) -> None:
    """Run one module: parse arguments, call C(operate) once, report once.

    C(constraints) are AnsibleModule's own (C(required_if), C(mutually_exclusive) ...).
    """
    module = AnsibleModule(
        argument_spec=dict(argument_spec), supports_check_mode=supports_check_mode, **constraints
    )
    request = Request(module.params, module.check_mode, module._diff)
    report = attempt(request, operate)
    for warning in report.warnings:
        module.warn(warning)
    if report.failed:
        module.fail_json(**report.values)
    module.exit_json(**report.values)


@dataclass(frozen=True)
class Report:
    """How a module ends: the values of its exit_json or, when it failed, of its fail_json."""

    failed: bool
    values: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


def attempt(request: Request, operate: Callable[[Request], Outcome]) -> Report:
    """Call C(operate) and turn what comes of it, an outcome or an exception, into a report."""
    try:
        outcome = operate(request)
    except OperationError as error:
        return Report(True, {"msg": str(error), **error.details})
    except Exception as error:  # noqa: BLE001  the one boundary where a defect becomes a report
        text = f"defect in baremetal.sglang: {type(error).__name__}: {error}; please report it"
        return Report(True, {"msg": text, "exception": traceback.format_exc()})
    values = exit_values(outcome, diff_mode=request.diff_mode)
    return Report(False, values, outcome.warnings)


def exit_values(outcome: Outcome, *, diff_mode: bool) -> dict[str, Any]:
    """Map an outcome to exit_json's values; C(diff) only when it was asked for."""
    values: dict[str, Any] = {"changed": False, **outcome.result}
    if isinstance(outcome, Finding):
        return values
    values["changed"] = outcome.changed
    values["actions"] = list(outcome.actions)
    if diff_mode:
        values["diff"] = {"before": dict(outcome.before), "after": dict(outcome.after)}
    return values
