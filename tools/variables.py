"""Check that every variable that a role or a playbook sets carries its owner's prefix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SET_FACT = frozenset({"set_fact", "ansible.builtin.set_fact"})
INCLUDE_ROLE = frozenset(f"ansible.builtin.{name}" for name in ("include_role", "import_role"))
PLAYBOOK_PREFIXES = ("site_", "__site_", "catalogue_")


def set_variables(content: Any) -> Iterator[str]:
    """Names that a parsed file of tasks or plays sets: vars, register, set_fact, loop control.

    The variables that are handed to an included role belong to that role and are left out.
    """
    if isinstance(content, list):
        for item in content:
            yield from set_variables(item)
    if not isinstance(content, dict):
        return
    if not INCLUDE_ROLE & content.keys():
        yield from _names(content.get("vars"))
    yield from (content[key] for key in ("register",) if isinstance(content.get(key), str))
    for key in SET_FACT & content.keys():
        yield from (name for name in _names(content[key]) if name != "cacheable")
    control = content.get("loop_control")
    if isinstance(control, dict):
        yield from (control[key] for key in ("loop_var", "index_var") if key in control)
    for key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
        yield from set_variables(content.get(key))


def variable_faults(path: str, content: Any, prefixes: tuple[str, ...]) -> list[str]:
    """The variables that a file sets and that have none of the prefixes, sorted."""
    allowed = (*prefixes, "ansible_")
    return [
        f"{path}: sets {name}, which begins with none of {', '.join(prefixes)}"
        for name in sorted(set(set_variables(content)))
        if not name.startswith(allowed)
    ]


def _names(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        yield from content
