"""Measure Python files: lines of a file and of its functions."""

from __future__ import annotations

import ast

FILE_LINES = 300
FUNCTION_LINES = 40


def length_faults(path: str, source: str) -> list[str]:
    """Functions above 40 lines without their docstring, and a file above 300 lines.

    A module of Ansible may be longer, because its documentation is part of it.
    """
    faults = []
    lines = source.count("\n")
    if lines > FILE_LINES and not path.startswith("plugins/modules/"):
        faults.append(f"{path}: {lines} lines, {FILE_LINES} at most")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = _length(node)
            if length > FUNCTION_LINES:
                faults.append(f"{path}: {node.name} has {length} lines, {FUNCTION_LINES} at most")
    return faults


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    end = node.end_lineno or node.lineno
    return end - body[0].lineno + 2 if body else 1
