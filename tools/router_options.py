"""Read the options of `smg.launch_router` from an unpacked wheel, without importing it.

python -m tools.router_options DIRECTORY            print them, one a line
python -m tools.router_options DIRECTORY --check F  exit 1 if F does not have the same lines

DIRECTORY holds `smg/` of the wheel (`unzip smg-*.whl -d DIRECTORY`). A line is
the option's name, `value`, `values` or `flag`, and the values it takes where they can be counted.
tests/fixtures/engine/router-options-<version>.txt is this output.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROUTER_ARGUMENTS = "smg/router_args.py"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status is 1 if `--check` found a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools.router_options", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--check", type=Path)
    given = parser.parse_args(arguments)
    source = (given.directory / ROUTER_ARGUMENTS).read_text(encoding="utf-8")
    text = "".join(f"{line}\n" for line in sorted(options(source)))
    if given.check is None:
        sys.stdout.write(text)
        return 0
    if given.check.read_text(encoding="utf-8") == text:
        return 0
    sys.stdout.write(f"{given.check}: is not what the wheel in {given.directory} has\n")
    return 1


def options(source: str) -> Iterator[str]:
    """One line for each `add_argument` of the source."""
    module = ast.parse(source)
    named = _lists(module)
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr != "add_argument":
            continue
        words = {word.arg: word.value for word in node.keywords if word.arg}
        yield " ".join([_name(node.args[0]), _kind(words), *_items(words.get("choices"), named)])


def _lists(module: ast.Module) -> dict[str, list[str]]:
    """The lists of the module that have a name: options share their choices by it."""
    named: dict[str, list[str]] = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            (target,) = node.targets
            named[ast.unparse(target)] = _items(node.value, named)
    return named


def _name(node: ast.expr) -> str:
    """The name without the prefix that the engine's own launcher puts before it."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def _items(node: ast.expr | None, named: dict[str, list[str]]) -> list[str]:
    """The texts of a list; none of one that is computed when the router starts."""
    if isinstance(node, ast.Starred):
        return _items(node.value, named)
    if isinstance(node, ast.Name):
        return named.get(node.id, [])
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.List):
        return [text for item in node.elts for text in _items(item, named)]
    return []


def _kind(words: dict[str, ast.expr]) -> str:
    action = words.get("action")
    if isinstance(action, ast.Constant) and action.value == "store_true":
        return "flag"
    return "values" if "nargs" in words else "value"


if __name__ == "__main__":
    sys.exit(main())
