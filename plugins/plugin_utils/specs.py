# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument specs of the collection's roles, and Ansible's own check of a value against them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

SITE_VARIABLE = re.compile(r"{{\s*(site_\w+)\s*}}")
SCALARS = ("str", "path")

Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Checked:
    """A value after Ansible's conversion, or the fault that forbids it."""

    value: Any
    faults: tuple[Fault, ...]


def role_specs(collection: Path) -> dict[str, dict[str, Spec]]:
    """Role -> option -> spec, over all entry points of the role."""
    specs: dict[str, dict[str, Spec]] = {}
    for path in sorted(collection.glob("roles/*/meta/argument_specs.yml")):
        entry_points = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        options = [entry_point.get("options") or {} for entry_point in entry_points.values()]
        specs[path.parent.parent.name] = {k: v for option in options for k, v in option.items()}
    return specs


def mapped_arguments(path: Path) -> dict[str, str]:
    """Role arguments that the playbooks set -> the site variable they are taken from, or ""."""
    arguments = yaml.safe_load(path.read_text(encoding="utf-8"))
    matches = {name: SITE_VARIABLE.fullmatch(str(value)) for name, value in arguments.items()}
    return {name: match.group(1) if match else "" for name, match in matches.items()}


def check_value(name: str, spec: Spec, value: Any, where: str) -> Checked:
    """Check and convert one value as Ansible does for a role's argument.

    Ansible turns a list or a mapping that is given for a string into its text; here it is a fault.
    """
    needed = _needed(spec)
    if spec["type"] in SCALARS and isinstance(value, (list, Mapping)):
        return Checked(None, (_fault(where, _shown(spec, value), needed, name),))
    result = ArgumentSpecValidator({name: dict(spec)}).validate({name: value})
    details = [message for message in result.error_messages if spec.get("options")]
    if result.error_messages:
        reason = f"{needed} ({'; '.join(details)})" if details else needed
        return Checked(None, (_fault(where, _shown(spec, value), reason, name),))
    return Checked(result.validated_parameters[name], ())


def _needed(spec: Spec) -> str:
    if "choices" in spec:
        return f"one of {', '.join(str(choice) for choice in spec['choices'])}"
    elements = f" of {spec['elements']}" if "elements" in spec else ""
    return f"a value of type {spec['type']}{elements}"


def _shown(spec: Spec, value: Any) -> str:
    return f"a {type(value).__name__} that is not shown" if spec.get("no_log") else repr(value)


def _fault(where: str, found: str, needed: str, name: str) -> Fault:
    return Fault("value_invalid", where, found, needed, f"correct {name}")
