"""Write the table of variables of each role's README from its argument specs.

python -m tools.role_docs          write the tables
python -m tools.role_docs --check  name the READMEs whose table is not current, exit 1 if any
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from antsibull_docs_parser import dom
from antsibull_docs_parser.parser import Context, parse

from tools.marked import MarkerError, between_markers
from tools.roles import (
    NO_DEFAULT,
    ROOT,
    EntryPoint,
    Option,
    Role,
    RoleError,
    find_roles,
    load_role,
)

BEGIN = "<!-- variables: written by python -m tools.role_docs -->"
END = "<!-- end of variables -->"


class MarkupError(RoleError):
    """A description uses markup that means nothing in a table."""


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; the exit status is 1 if `--check` found a stale README, or a fault."""
    parser = argparse.ArgumentParser(prog="python -m tools.role_docs", description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args(arguments).check
    faults, stale = [], []
    for path in find_roles(root):
        try:
            if update(path, check=check):
                stale.append(f"roles/{path.name}/README.md")
        except (RoleError, MarkerError) as error:
            faults.append(str(error))
    for readme in stale:
        sys.stdout.write(f"{readme}: {'is not current' if check else 'is written'}\n")
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults or (check and stale) else 0


def update(path: Path, *, check: bool) -> bool:
    """Whether the README of the role at `path` was stale; it is written unless `check` is set.

    Raises RoleError and MarkerError as `load_role` and `with_table` do.
    """
    readme = path / "README.md"
    before = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    after = with_table(before, load_role(path))
    if before != after and not check:
        readme.write_text(after, encoding="utf-8")
    return before != after


def with_table(readme: str, role: Role) -> str:
    """The text of a README with the lines between the markers replaced.

    Raises MarkerError where a marker is missing; the rest of the README is for a person to write.
    """
    where = f"roles/{role.name}/README.md"
    return between_markers(readme, begin=BEGIN, end=END, content=render(role), where=where)


def render(role: Role) -> str:
    """The sections of a role's entry points as Markdown."""
    return "".join(_section(entry_point) for entry_point in role.entry_points)


def _section(entry_point: EntryPoint) -> str:
    lines = [f"### Entry point `{entry_point.name}`", ""]
    summary = [entry_point.short_description.rstrip(".") + ".", *entry_point.description]
    lines += [" ".join(markdown(text) for text in summary), ""]
    rows = [row for option in entry_point.options for row in _rows(option, prefix="")]
    if rows:
        lines += ["| Variable | Type | Default | Meaning |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines) + "\n"


def _rows(option: Option, *, prefix: str) -> Iterator[str]:
    name = f"{prefix}{option.name}"
    kind = f"{option.type} of {option.elements}" if option.elements else option.type
    meaning = " ".join(markdown(text) for text in option.description)
    if option.choices:
        meaning += f" One of {', '.join(_value(choice) for choice in option.choices)}."
    yield f"| `{name}` | {kind} | {_default(option)} | {meaning} |"
    for child in option.options:
        yield from _rows(child, prefix=f"{name}[]." if option.elements else f"{name}.")


def _default(option: Option) -> str:
    if option.required:
        return "required"
    return "" if option.default is NO_DEFAULT else _value(option.default)


def _value(value: Any) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value)
    return f"`{text}`".replace("|", r"\|")


def markdown(text: str) -> str:
    """Ansible's markup as Markdown that also reads well as text, safe in a table's cell."""
    paragraph = parse(text, Context(), errors="exception")[0]
    return "".join(_part(part) for part in paragraph).replace("|", r"\|").replace("\n", " ")


def _part(part: dom.AnyPart) -> str:
    if isinstance(part, dom.TextPart):
        return part.text.replace("<", "&lt;")
    if isinstance(part, dom.LinkPart):
        return f"[{part.text}]({part.url})"
    if isinstance(part, dom.BoldPart):
        return f"**{part.text}**"
    if isinstance(part, dom.ItalicPart):
        return f"*{part.text}*"
    if isinstance(part, dom.URLPart):
        return f"<{part.url}>"
    return f"`{_code(part)}`"


def _code(part: dom.AnyPart) -> str:
    if isinstance(part, dom.PluginPart):
        return part.plugin.fqcn
    if isinstance(part, dom.ModulePart):
        return part.fqcn
    if isinstance(part, (dom.OptionNamePart, dom.ReturnValuePart)):
        return part.name if part.value is None else f"{part.name}={part.value}"
    if isinstance(part, dom.EnvVariablePart):
        return part.name
    if isinstance(part, (dom.CodePart, dom.OptionValuePart)):
        return part.value if isinstance(part, dom.OptionValuePart) else part.text
    raise MarkupError(f"markup of type {part.type.name} has no place in a role's specs")


if __name__ == "__main__":
    sys.exit(main())
