"""The constants of a Python file, each with the comment above it that says where it comes from."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Constant:
    """A constant as it is written, and the comment of its block."""

    name: str
    value: str
    source: str


def constants_of(source: str) -> Iterator[Constant]:
    """Numbers that a module gives a name: its upper-case constants, and values by keyword.

    A comment holds for all constants below it up to the next comment or empty line.
    """
    comments = _comments(source)
    lines = source.splitlines()
    for line, name, value in sorted(_numbers(ast.parse(source))):
        yield Constant(name, value, _above(line, lines, comments))


def _numbers(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        value = node.value
        if isinstance(value, ast.Call):
            for word in value.keywords:
                if word.arg and _is_number(word.value):
                    yield word.value.lineno, word.arg, ast.unparse(word.value)
        elif _is_number(value):
            yield node.lineno, node.targets[0].id, ast.unparse(value)


def _is_number(node: ast.expr) -> bool:
    """Arithmetic over numbers and other constants."""
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) and _is_number(node.right)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    return isinstance(node, ast.Name) and node.id.isupper()


def _comments(source: str) -> Mapping[int, str]:
    """Comment by line, without comments behind code and the lines of the licence."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ")
        for token in tokens
        if token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip()
    }


def _above(line: int, lines: list[str], comments: Mapping[int, str]) -> str:
    at = line - 1
    while at > 0 and at not in comments and lines[at - 1].strip():
        at -= 1
    texts: list[str] = []
    while at in comments:
        texts.insert(0, comments[at])
        at -= 1
    return " ".join(texts)
