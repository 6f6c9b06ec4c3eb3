"""What the documents name is there: tests, by file and function."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
NAMED = re.compile(r"`([\w./]+\.py)::(test_\w+)`")


def missing_tests(text: str) -> list[str]:
    """Tests that a text names and that no file below tests/ has; a path may be its end alone."""
    return [
        f"{path}::{function}"
        for path, function in NAMED.findall(text)
        if not any(
            f"def {function}(" in found.read_text(encoding="utf-8")
            for found in (ROOT / "tests").rglob(Path(path).name)
            if found.as_posix().endswith(f"/{path}")
        )
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_tests_that_a_document_names_are_there(path: Path) -> None:
    assert missing_tests(path.read_text(encoding="utf-8")) == []


def test_a_test_that_is_not_there_is_found() -> None:
    here = "test_documents.py"
    own = f"`unit/{here}::test_a_test_that_is_not_there_is_found`"
    text = f"`{here}::test_of_nothing`, `test_nowhere.py::test_x`, {own}"
    assert missing_tests(text) == [f"{here}::test_of_nothing", "test_nowhere.py::test_x"]
