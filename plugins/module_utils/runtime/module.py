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
    ok, values = report(request, operate)
    if ok:
        module.exit_json(**values)
    module.fail_json(**values)


def report(request: Request, operate: Callable[[Request], Outcome]) -> tuple[bool, dict[str, Any]]:
    """Call C(operate) and return (succeeded, the values for exit_json or fail_json)."""
    try:
        return True, exit_values(operate(request), diff_mode=request.diff_mode)
    except OperationError as error:
        return False, {"msg": str(error), **error.details}
    except Exception as error:  # noqa: BLE001  the one boundary where a defect becomes a report
        return False, {
            "msg": f"defect in baremetal.sglang: {type(error).__name__}: {error}; please report it",
            "exception": traceback.format_exc(),
        }


def exit_values(outcome: Outcome, *, diff_mode: bool) -> dict[str, Any]:
    """Map an outcome to exit_json's values; C(diff) only when it was asked for."""
    values: dict[str, Any] = {"changed": False, **outcome.result}
    if outcome.warnings:
        values["warnings"] = list(outcome.warnings)
    if isinstance(outcome, Finding):
        return values
    values["changed"] = outcome.changed
    values["actions"] = list(outcome.actions)
    if diff_mode:
        values["diff"] = {"before": dict(outcome.before), "after": dict(outcome.after)}
    return values
