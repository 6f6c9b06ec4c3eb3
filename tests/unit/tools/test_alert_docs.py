"""The page of runbooks is written from the rules, and every alert links to its section."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.plugins.module_utils.manifests.alerts.samples import rules
from tools.alert_docs import BEGIN, END, PAGE, content, main
from tools.roles import ROOT


def test_the_page_is_current() -> None:
    assert main(["--check"]) == 0


def test_every_alert_has_a_section_at_the_end_of_its_link() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    anchors = {heading.lower() for heading in re.findall(r"(?m)^### (\w+)$", page)}
    links = {rule.document("")["annotations"]["runbook_url"] for rule in rules()}
    assert {f"#{anchor}" for anchor in anchors} == links


def test_sections_have_no_templates() -> None:
    assert "{{" not in content()
    assert "POD: not ready for longer than a group may take to start." in content()


def test_a_stale_page_is_found_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / PAGE
    page.parent.mkdir()
    page.write_text(f"# Alerts\n{BEGIN}\nold\n{END}\n")
    assert main(["--check"], root=tmp_path) == 1
    assert main([], root=tmp_path) == 0
    assert main(["--check"], root=tmp_path) == 0
    assert content() in page.read_text()
    assert "is not current" in capsys.readouterr().out
