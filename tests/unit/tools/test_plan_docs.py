"""The pages that the planner writes are current and say what it says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.plan_docs import BEGIN, END, PAGES, ask, example_page, main, sites_page
from tools.planned_sites import SITES
from tools.roles import ROOT

# Whole plans of all sites, several times.
pytestmark = pytest.mark.no_cover


def test_the_pages_of_this_checkout_are_current() -> None:
    assert main(["--check"]) == 0, "run: PYTHONPATH=.collections python -m tools.plan_docs"


def test_every_site_is_in_the_table_with_a_layout_or_its_refusal() -> None:
    page = sites_page()
    for site in SITES:
        assert page.count(f"| `{site}` |") == 1
        refused = ask(site).error is not None
        assert (f"`{site}` (" in page) is refused
        assert (f"`{site}`:\n\n```\n--tp-size" in page) is not refused


def test_a_refusal_has_its_figures_and_the_nearest_change() -> None:
    error = ask("stage1-single-node").error
    assert error is not None
    assert any("GiB too little" in line for line in error.details["faults"])
    assert any(line.startswith("nearest change: ") for line in error.details["faults"])


def test_every_constant_of_the_page_has_a_source() -> None:
    table = example_page().split("## Constants")[1].strip().splitlines()[2:]
    assert len(table) > 20
    assert [row for row in table if row.endswith("|  |")] == []


def test_a_page_that_says_something_else_is_found_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    for page in PAGES:
        shutil.copy(ROOT / page, tmp_path / page)
    lie = tmp_path / "docs/deepseek-r1.md"
    lie.write_text(lie.read_text().replace("| refused |", "| fp8 |"))
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == "docs/deepseek-r1.md: is not current\n"
    assert main([], tmp_path) == 0
    assert lie.read_text() == (ROOT / "docs/deepseek-r1.md").read_text()
    assert BEGIN in lie.read_text()
    assert END in lie.read_text()
