"""Write the tables of failures in docs/operations.md from the code that raises them.

python -m tools.failure_docs          write the tables
python -m tools.failure_docs --check  exit 1 if they are not current
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.marked import MarkedPage
from tools.roles import ROOT

BEGIN = "<!-- failures: written by python -m tools.failure_docs -->"
END = "<!-- end of failures -->"
PAGE = "docs/operations.md"
FAULTS = tuple(
    f"plugins/module_utils/{name}" for name in ("intent", "planning", "storage", "fabric", "driver")
)
CAUSES = "plugins/module_utils/kube/causes.py"
FIELDS = ("code", "where", "found", "needed", "fix")
UNKNOWN = "…"


@dataclass(frozen=True, order=True)
class Failure:
    """A kind of failure, what it takes to be free of it, and what a person does."""

    kind: str
    tells: str
    fix: str


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; the exit status is 1 if `--check` found stale tables."""
    return MarkedPage(PAGE, BEGIN, END, "tools.failure_docs").run(arguments, root, tables(root))


def tables(root: Path) -> str:
    """Both tables as Markdown: what preflight refuses, and why a rank does not become ready."""
    sources = (file for name in FAULTS for file in sorted((root / name).glob("*.py")))
    refused = {
        failure for file in sources for failure in failures(file.read_text(encoding="utf-8"))
    }
    causes = set(failures((root / CAUSES).read_text(encoding="utf-8")))
    return (
        "### Refused before anything is changed\n\n"
        + _table(("Fault", "Needed", "Fix"), refused)
        + "\n### A rank does not become ready\n\n"
        + _table(("Cause", "Found", "Fix"), causes)
        + "\n"
    )


def failures(source: str) -> Iterator[Failure]:
    """Each `Fault(...)` and `Cause(...)` of a module whose kind is written out."""
    tree = ast.parse(source)
    constants = _constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        values = dict(zip(FIELDS, node.args, strict=False)) if _is_fault(node) else {}
        values |= {word.arg: word.value for word in node.keywords if word.arg}
        kind = values.get("code", values.get("name"))
        tells = values.get("needed", values.get("found"))
        if not (isinstance(kind, ast.Constant) and tells and "fix" in values):
            continue
        yield Failure(
            kind=str(kind.value).replace("_", " "),
            tells=text_of(tells, constants),
            fix=text_of(values["fix"], constants),
        )


def text_of(node: ast.expr, constants: Mapping[str, str]) -> str:
    """The text that an expression makes, with `<name>` for what differs from case to case."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part, constants) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return text_of(node.value, constants)
    if isinstance(node, ast.Name):
        return constants.get(node.id, _placeholder(node.id))
    if isinstance(node, ast.Attribute):
        return _placeholder(node.attr)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "rename_fix":
        return "write the nearest known name"
    return str(node.value) if isinstance(node, ast.Constant) else UNKNOWN


def _is_fault(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "Fault"


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: text_of(node.value, {})
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _placeholder(name: str) -> str:
    return f"<{name.strip('_').replace('_', ' ').lower()}>"


def _table(head: tuple[str, str, str], rows: Iterable[Failure]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    lines += [
        f"| {_cell(row.kind)} | {_cell(row.tells)} | {_cell(row.fix)} |" for row in sorted(rows)
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", r"\<")


if __name__ == "__main__":
    sys.exit(main())
