"""Plans as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.plan_file import (
    load_document,
    load_json,
    plan_yaml,
    save_plan,
)

from tests.unit.plugins.module_utils.planning.test_plan import DOCUMENT, changed


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "artifacts" / "site" / "plan.yml")


def test_a_plan_is_written_once_and_reads_back_as_it_is(path: str) -> None:
    first = save_plan(DOCUMENT, path, check_mode=False)
    assert first.changed
    assert first.before["schema"] == "(absent)"
    assert load_document(path) == DOCUMENT
    assert Path(path).stat().st_mode & 0o777 == 0o644
    again = save_plan(DOCUMENT, path, check_mode=False)
    assert (again.changed, again.before, again.after) == (False, {}, {})
    assert [entry.name for entry in Path(path).parent.iterdir()] == ["plan.yml"]


def test_check_mode_says_the_same_and_writes_nothing(path: str) -> None:
    checked = save_plan(DOCUMENT, path, check_mode=True)
    assert not Path(path).parent.exists()
    assert save_plan(DOCUMENT, path, check_mode=False) == checked


def test_the_difference_is_the_fields_that_differ(path: str) -> None:
    save_plan(DOCUMENT, path, check_mode=False)
    change = save_plan(changed("groups.0.ranks.0.host", "node7"), path, check_mode=False)
    assert change.before == {"groups[smollm2].ranks[1].host": "node2"}
    assert change.after == {"groups[smollm2].ranks[1].host": "node7"}
    assert change.actions == (f"write {path}: groups[smollm2].ranks[1].host: node2 -> node7",)


def test_an_action_names_five_fields_and_counts_the_others(path: str) -> None:
    document = {str(number): number for number in range(7)}
    (action,) = save_plan(document, path, check_mode=True).actions
    assert action.endswith("4: (absent) -> 4; and 2 more")


def test_a_file_that_was_reformatted_by_hand_is_written_again(path: str) -> None:
    save_plan(DOCUMENT, path, check_mode=False)
    written = Path(path).read_text()
    Path(path).write_text(yaml.safe_dump(DOCUMENT))
    change = save_plan(DOCUMENT, path, check_mode=False)
    assert change.actions == (f"write {path}: reasons, or the form of the file",)
    assert Path(path).read_text() == written


def test_the_same_document_is_the_same_text_without_anchors_or_breaks() -> None:
    shared = ["--device", "cpu"]
    text = plan_yaml({"arguments": shared, "again": shared, "long": "word " * 100})
    assert "&" not in text
    assert text.count("\n") == 9
    assert text.startswith("---\n# Made by baremetal.sglang.plan")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file or directory; plan first"),
        ("a: [1", "not YAML: while parsing a flow sequence"),
        (b"\xff\xfe\xfa", "not YAML: 'utf-8' codec"),
    ],
)
def test_a_file_that_is_no_yaml_is_one_error_with_its_path(
    tmp_path: Path, content: Any, message: str
) -> None:
    file = tmp_path / "plan.yml"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(OperationError) as caught:
        load_document(str(file), missing="plan first")
    assert str(caught.value).startswith(f"{file}: {message}")


def test_a_place_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file")
    with pytest.raises(OperationError, match=r"plan\.yml: cannot be written: .*; correct site_ar"):
        save_plan(DOCUMENT, str(tmp_path / "artifacts" / "plan.yml"), check_mode=False)


def test_json_that_is_missing_or_broken_is_one_error(tmp_path: Path) -> None:
    broken = tmp_path / "config.json"
    broken.write_text("{")
    for path in (broken, tmp_path / "index.json"):
        with pytest.raises(OperationError, match=r"cannot be read: .*; complete the directory"):
            load_json(path)
