"""Read the options of `sglang_router.launch_router` from an unpacked wheel, without importing it.

python -m tools.router_options DIRECTORY            print them, one a line
python -m tools.router_options DIRECTORY --check F  exit 1 if F does not have the same lines

DIRECTORY holds `sglang_router/` of the wheel (`unzip sglang_router-*.whl -d DIRECTORY`). A line is
the option's name, `value`, `values` or `flag`, and the values it takes where they can be counted.
tests/fixtures/engine/router-options-<version>.txt is this output.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROUTER_ARGUMENTS = "sglang_router/router_args.py"


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
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr != "add_argument":
            continue
        words = {word.arg: word.value for word in node.keywords if word.arg}
        yield " ".join([_name(node.args[0]), _kind(words), *_choices(words)])


def _name(node: ast.expr) -> str:
    """The name without the prefix that the engine's own launcher puts before it."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def _choices(words: dict[str, ast.expr]) -> list[str]:
    # A list that is computed when the router starts cannot be read here.
    choices = words.get("choices")
    return ast.literal_eval(choices) if isinstance(choices, ast.List) else []


def _kind(words: dict[str, ast.expr]) -> str:
    action = words.get("action")
    if isinstance(action, ast.Constant) and action.value == "store_true":
        return "flag"
    return "values" if "nargs" in words else "value"


if __name__ == "__main__":
    sys.exit(main())
