"""Read the roles of the collection: their defaults, argument specs and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
NO_DEFAULT = object()


class RoleError(ValueError):
    """A file of a role cannot be read as what Ansible defines it to be."""


@dataclass(frozen=True)
class Option:
    """One variable of an entry point; `default` is NO_DEFAULT where the spec has none."""

    name: str
    type: str
    elements: str
    required: bool
    default: Any
    choices: tuple[Any, ...]
    description: tuple[str, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True)
class EntryPoint:
    """A tasks file of a role that other code may include, with its options."""

    name: str
    short_description: str
    description: tuple[str, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Role:
    """A role as its files say it; `defaults` is defaults/main.yml by variable name."""

    name: str
    path: Path
    defaults: Mapping[str, Any]
    entry_points: tuple[EntryPoint, ...]


def find_roles(root: Path = ROOT) -> list[Path]:
    """Directories below `root`/roles that hold a role, by name."""
    return sorted(path for path in root.glob("roles/*") if (path / "meta").is_dir())


def load_role(path: Path) -> Role:
    """Parse the role in the directory `path`.

    A role without defaults or argument specs has none of them. Raises RoleError for a file that is
    not a YAML mapping.
    """
    specs = _load(path / "meta" / "argument_specs.yml").get("argument_specs", {})
    return Role(
        name=path.name,
        path=path,
        defaults=_load(path / "defaults" / "main.yml"),
        entry_points=tuple(_entry_point(name, spec) for name, spec in specs.items()),
    )


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise RoleError(f"{path}: is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise RoleError(f"{path}: is a {type(content).__name__}, needed is a mapping")
    return content


def _entry_point(name: str, spec: Mapping[str, Any]) -> EntryPoint:
    return EntryPoint(
        name=name,
        short_description=spec.get("short_description", ""),
        description=tuple(_lines(spec.get("description", []))),
        options=tuple(_options(spec)),
    )


def _options(spec: Mapping[str, Any]) -> Iterator[Option]:
    for name, option in (spec.get("options") or {}).items():
        yield Option(
            name=name,
            type=option.get("type", ""),
            elements=option.get("elements", ""),
            required=option.get("required", False),
            default=option.get("default", NO_DEFAULT),
            choices=tuple(option.get("choices", ())),
            description=tuple(_lines(option.get("description", []))),
            options=tuple(_options(option)),
        )


def _lines(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else text
