"""The tables of failures say what the code says, and are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.failure_docs import BEGIN, END, Failure, failures, main, tables
from tools.marked import MarkerError
from tools.roles import ROOT

SOURCE = """
REBUILD = "build it again"

def faults(host, key):
    yield Fault(
        code="port_taken",
        where=host.name,
        found=f"port {key}",
        needed=f"port {key} free for {owner(key)}",
        fix=f"stop {host.port_owner}",
    )
    yield Fault("bundle_unreadable", where, found, "a bundle", REBUILD)
    yield Fault(code="unknown_key", where="", found="", needed="known", fix=rename_fix(key, KEYS))
    yield Fault(code=key, where="", found="", needed="unwritten kind", fix="none")

CAUSES = (Cause(name="out of memory", found="killed (exit code {code})", fix="raise" " memory"),)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in {
        "plugins/module_utils/intent/a.py": SOURCE,
        "plugins/module_utils/planning/b.py": SOURCE,
        "plugins/module_utils/kube/causes.py": 'Cause(name="a|b", found="c", fix="d")\n',
        "docs/operations.md": f"# Operations\n\n{BEGIN}\n{END}\nMore.\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_tables_of_this_checkout_are_current() -> None:
    assert main(["--check"]) == 0, "run: python -m tools.failure_docs"


def test_this_checkout_has_faults_and_causes() -> None:
    text = tables(ROOT)
    assert "| port taken | port \\<number> free for … |" in text
    assert "| out of memory | the kernel killed the container" in text


def test_kinds_that_are_written_out_are_found_with_their_placeholders() -> None:
    assert sorted(failures(SOURCE)) == [
        Failure("bundle unreadable", "a bundle", "build it again"),
        Failure("out of memory", "killed (exit code {code})", "raise memory"),
        Failure("port taken", "port <key> free for …", "stop <port owner>"),
        Failure("unknown key", "known", "write the nearest known name"),
    ]


def test_each_failure_is_one_row_with_escaped_cells(checkout: Path) -> None:
    text = tables(checkout)
    assert text.count("| port taken | port \\<key> free for … | stop \\<port owner> |\n") == 1
    assert "| a\\|b | c | d |\n" in text


def test_check_writes_nothing_and_a_second_write_changes_nothing(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = checkout / "docs" / "operations.md"
    before = page.read_text()
    assert main(["--check"], checkout) == 1
    assert page.read_text() == before
    assert main([], checkout) == 0
    assert page.read_text().startswith(f"# Operations\n\n{BEGIN}\n### Refused")
    assert page.read_text().endswith(f"{END}\nMore.\n")
    capsys.readouterr()
    assert main(["--check"], checkout) == 0
    assert capsys.readouterr().out == ""


def test_a_page_without_markers_is_refused(checkout: Path) -> None:
    (checkout / "docs" / "operations.md").write_text("# Operations\n")
    with pytest.raises(MarkerError, match=r"docs/operations\.md: needs the lines"):
        main([], checkout)
