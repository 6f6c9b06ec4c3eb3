"""The tables of docs/intent-file.md say what the planner does, and are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.intent_docs import BEGIN, END, main, tables
from tools.marked import MarkerError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "intent-file.md").write_text(f"# Intent\n\n{BEGIN}\n{END}\nMore.\n")
    return tmp_path


def test_the_tables_of_this_checkout_are_current() -> None:
    assert main(["--check"]) == 0, "run: python -m tools.intent_docs"


@pytest.mark.parametrize(
    "line",
    [
        "  buffer_size: 256MB\n",
        "| `communication.protocol: RDMA` | NCCL_NET=IB where an engine spans hosts | NCCL takes ",
        "| `communication.compression: true` | no equivalent | Neither NCCL nor the engine ",
        "| `load_balancing.update_interval` | whole seconds, minutes or hours, such as 5s | the "
        "guide |\n",
        "| `topology.file` | a non-empty string | this collection |\n",
        "| `communication.buffer_size: 8MB` | NCCL_BUFFSIZE=8388608 | ",
        "| `load_balancing.update_interval: 5s` | --load-monitor-interval 5 (router) | ",
    ],
)
def test_the_guides_file_its_mapping_and_other_values_are_in_the_tables(line: str) -> None:
    assert tables().count(line) == 1


def test_check_writes_nothing_and_a_second_write_changes_nothing(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = checkout / "docs" / "intent-file.md"
    before = page.read_text()
    assert main(["--check"], checkout) == 1
    assert page.read_text() == before
    assert main([], checkout) == 0
    assert page.read_text().startswith(f"# Intent\n\n{BEGIN}\n```yaml\ncommunication:\n")
    assert page.read_text().endswith(f"{END}\nMore.\n")
    capsys.readouterr()
    assert main(["--check"], checkout) == 0
    assert capsys.readouterr().out == ""


def test_a_page_without_markers_is_refused(checkout: Path) -> None:
    (checkout / "docs" / "intent-file.md").write_text("# Intent\n")
    with pytest.raises(MarkerError, match=r"docs/intent-file\.md: needs the lines"):
        main([], checkout)
