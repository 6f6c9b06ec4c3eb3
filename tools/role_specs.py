"""Check each role's files: argument specs equal to defaults, tasks split, README, scenario.

python -m tools.role_specs --check  print each fault on a line, exit 1 if there is any
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.roles import NO_DEFAULT, ROOT, Option, Role, RoleError, find_roles, load_role

MAIN = "tasks/main.yml"
STEPS = ("preflight", "install", "configure", "verify")
INCLUDES = frozenset(
    f"ansible.builtin.{name}"
    for name in ("include_tasks", "import_tasks", "include_role", "import_role")
)
TASK_FILE_LINES = 80
# The playbooks of a scenario that Molecule runs on its hosts to test roles.
PLAYBOOKS = ("converge", "side_effect")
# A schema and its defaults, without tasks.
TASKLESS = frozenset({"site"})
# Roles that no scenario can run, and what runs them.
TESTED_ELSEWHERE: Mapping[str, str] = {
    "monitoring": "talks to the API server alone: tests/integration/test_monitoring.py",
    "signed_repository": "a step of nvidia_driver and container_runtime, in their scenarios",
    "verification": "needs an engine that answers: tests/e2e",
}
# Steps that a role has no use for; a file that does nothing would hide that.
OMITTED: Mapping[str, frozenset[str]] = {
    "cluster_network": frozenset({"install", "configure"}),  # the plugin's own file does both
    "fabric_gate": frozenset({"configure", "verify"}),  # measures
    "model_weights": frozenset({"configure"}),  # files that a module lands have no settings
    # its objects are the configuration; whether they are taken is judged before they are made
    "monitoring": frozenset({"install", "verify"}),
    "preflight": frozenset(STEPS),  # observes
    "reset": frozenset(STEPS),  # undoes
    "sglang": frozenset({"configure"}),  # the plan is the configuration
    "signed_repository": frozenset({"configure", "verify"}),  # apt verifies when it installs
    "verification": frozenset(STEPS),  # observes
}


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; the exit status is 1 if a role has a fault."""
    parser = argparse.ArgumentParser(prog="python -m tools.role_specs", description=__doc__)
    parser.add_argument("--check", action="store_true", required=True)
    parser.parse_args(arguments)
    tested = roles_in_scenarios(root / "molecule")
    found = [fault for path in find_roles(root) for fault in faults_below(path, tested)]
    sys.stdout.write("".join(f"{fault}\n" for fault in found))
    return 1 if found else 0


def faults_below(path: Path, tested: frozenset[str]) -> list[str]:
    """As `role_faults`, of the role in the directory `path`; a file that is not YAML is a fault."""
    try:
        return role_faults(load_role(path), tested)
    except RoleError as error:
        return [str(error)]


def role_faults(role: Role, tested: frozenset[str]) -> list[str]:
    """All faults of one role, sorted; `tested` are the roles that a molecule scenario runs."""
    faults = [*spec_faults(role), *file_faults(role), *task_faults(role)]
    if role.name not in tested | TASKLESS | TESTED_ELSEWHERE.keys():
        faults.append(f"roles/{role.name}: no playbook of a scenario below molecule/ includes it")
    if role.name in tested & TESTED_ELSEWHERE.keys():
        faults.append(f"roles/{role.name}: is in a scenario; drop it from TESTED_ELSEWHERE")
    return sorted(faults)


def spec_faults(role: Role) -> Iterator[str]:
    """Differences between defaults/main.yml and meta/argument_specs.yml."""
    where = f"roles/{role.name}"
    options = [option for entry_point in role.entry_points for option in entry_point.options]
    described = {option.name for option in options}
    for name in role.defaults.keys() - described:
        yield f"{where}: {name} has a default, but no entry point describes it"
    for name in described | role.defaults.keys():
        if not name.startswith(f"{role.name}_"):
            yield f"{where}: {name} does not begin with {role.name}_"
    for option in options:
        yield from (f"{where}: {option.name} {fault}" for fault in _faults(option, role.defaults))


def _faults(option: Option, defaults: Mapping[str, Any]) -> Iterator[str]:
    if not option.type or not option.description:
        yield "lacks a type or a description"
    if option.required:
        if option.default is not NO_DEFAULT or option.name in defaults:
            yield "is required and has a default"
    elif option.default is NO_DEFAULT:
        yield "is neither required nor has a default"
    elif option.name not in defaults:
        yield "has a default in its spec, but none in defaults/main.yml"
    elif not same(option.default, defaults[option.name]):
        yield f"defaults to {option.default!r} in its spec, to {defaults[option.name]!r} in fact"


def same(one: Any, other: Any) -> bool:
    """Whether two YAML values are equal in value and type, so that 1 is neither true nor 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def file_faults(role: Role) -> Iterator[str]:
    """Files that a role lacks."""
    needed = {"README.md", "meta/main.yml", "meta/argument_specs.yml"}
    if role.name not in TASKLESS:
        steps = set(STEPS) - OMITTED.get(role.name, frozenset())
        entry_points = {entry_point.name for entry_point in role.entry_points}
        needed |= {f"tasks/{name}.yml" for name in {"main"} | steps | entry_points}
    for name in needed:
        if not (role.path / name).is_file():
            yield f"roles/{role.name}/{name}: is missing"


def task_faults(role: Role) -> Iterator[str]:
    """Task files that are too long, and tasks in tasks/main.yml that do more than include."""
    for path in sorted((role.path / "tasks").glob("*.yml")):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > TASK_FILE_LINES:
            yield f"roles/{role.name}/tasks/{path.name}: {lines} lines, {TASK_FILE_LINES} at most"
    main_file = role.path / MAIN
    text = main_file.read_text(encoding="utf-8") if main_file.is_file() else ""
    for task in yaml.safe_load(text) or []:
        if not INCLUDES & task.keys():
            yield f"roles/{role.name}/{MAIN}: task {task.get('name')!r} does not include a file"


def roles_in_scenarios(molecule: Path) -> frozenset[str]:
    """The roles that the playbooks of the scenarios below `molecule` include.

    A playbook that such a playbook imports counts as part of it.
    """
    playbooks = (path for name in PLAYBOOKS for path in molecule.glob(f"*/{name}.yml"))
    return frozenset(role for path in playbooks for role in _roles_of(path))


def _roles_of(playbook: Path) -> Iterator[str]:
    text = playbook.read_text(encoding="utf-8")
    yield from re.findall(r"^[ -]*(?:role|name): baremetal\.sglang\.(\w+)$", text, re.MULTILINE)
    for name in re.findall(
        r"^[ -]*(?:ansible\.builtin\.)?import_playbook: (\S+)$", text, re.MULTILINE
    ):
        yield from _roles_of(playbook.parent / name)


if __name__ == "__main__":
    sys.exit(main())
