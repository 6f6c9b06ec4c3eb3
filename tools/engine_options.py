"""Read the options of `sglang.launch_server` from an unpacked wheel, without importing it.

python -m tools.engine_options DIRECTORY            print them, one a line
python -m tools.engine_options DIRECTORY --check F  exit 1 if F does not have the same lines

DIRECTORY holds `sglang/` of the wheel (`unzip sglang-*.whl -d DIRECTORY`). A line is the option's
name and `value` or `flag`: whether it takes a value. tests/fixtures/engine/options-<version>.txt is
this output for each engine version that the planner writes arguments for.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SERVER_ARGUMENTS = "sglang/srt/server_args.py"
# Later releases keep the fields in classes of their own, marked by a namespace.
FIELDS = "sglang/srt/arg_groups/fields"
FIELDS_CLASS = "ServerArgs"
NAMESPACE = "_NS_PATH"
ANNOTATED = "A"
FLAG_KINDS = ("bool", "Optional[bool]", "bool | None")
BOTH_WAYS = "BooleanOptionalAction"
FLAG_ACTIONS = (
    "store_true",
    BOTH_WAYS,
    "StoreTrue",
    "StoreConst",
    "DeprecatedAction",
)


@dataclass(frozen=True, order=True)
class Option:
    """An option of the command line."""

    name: str
    takes_value: bool

    def line(self) -> str:
        """The option as a line of the committed lists."""
        return f"{self.name} {'value' if self.takes_value else 'flag'}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status is 1 if `--check` found a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools.engine_options", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--check", type=Path)
    given = parser.parse_args(arguments)
    text = listing(given.directory)
    if given.check is None:
        sys.stdout.write(text)
        return 0
    if given.check.read_text(encoding="utf-8") == text:
        return 0
    sys.stdout.write(f"{given.check}: is not what the wheel in {given.directory} has\n")
    return 1


def listing(directory: Path) -> str:
    """The options of an unpacked wheel, sorted, one a line."""
    files = [directory / SERVER_ARGUMENTS, *sorted((directory / FIELDS).glob("*.py"))]
    found = {option for file in files for option in options(file.read_text(encoding="utf-8"))}
    return "".join(f"{option.line()}\n" for option in sorted(found))


def options(source: str) -> Iterator[Option]:
    """Each option that a module declares by an annotated field or by add_argument."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and _declares_options(node):
            for field in node.body:
                if isinstance(field, ast.AnnAssign):
                    yield from _field_options(field)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".add_argument"):
            yield from _added_options(node)


def _declares_options(node: ast.ClassDef) -> bool:
    marked = any(
        isinstance(target, ast.Name) and target.id == NAMESPACE
        for line in node.body
        if isinstance(line, ast.Assign)
        for target in line.targets
    )
    return marked or node.name == FIELDS_CLASS


def _field_options(field: ast.AnnAssign) -> Iterator[Option]:
    annotation = field.annotation
    if not (isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple)):
        return
    kind, *metadata = annotation.slice.elts
    if ast.unparse(annotation.value) != ANNOTATED or not any(map(_is_help, metadata)):
        return
    words = {
        word.arg: word.value
        for call in metadata
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Arg"
        for word in call.keywords
    }
    if "no_cli" in words:
        return
    own = ast.literal_eval(words["cli_name"]) if "cli_name" in words else _option(field)
    aliases = ast.literal_eval(words["aliases"]) if "aliases" in words else []
    action = ast.unparse(words["action"]) if "action" in words else ""
    flag = _is_flag(action) if action else ast.unparse(kind) in FLAG_KINDS
    opposites = [f"--no-{own[2:]}"] if BOTH_WAYS in action else []
    for name in (own, *aliases, *opposites):
        yield Option(name, takes_value=not flag)


def _is_help(node: ast.expr) -> bool:
    text = isinstance(node, (ast.Constant, ast.JoinedStr))
    return text or (isinstance(node, ast.Call) and ast.unparse(node.func) == "Arg")


def _added_options(call: ast.Call) -> Iterator[Option]:
    action = next((word.value for word in call.keywords if word.arg == "action"), None)
    takes_value = action is None or not _is_flag(ast.unparse(action))
    for argument in call.args:
        if isinstance(argument, ast.Constant) and str(argument.value).startswith("--"):
            yield Option(str(argument.value), takes_value=takes_value)


def _option(field: ast.AnnAssign) -> str:
    return "--" + ast.unparse(field.target).replace("_", "-")


def _is_flag(action: str) -> bool:
    return any(name in action for name in FLAG_ACTIONS)


if __name__ == "__main__":
    sys.exit(main())
