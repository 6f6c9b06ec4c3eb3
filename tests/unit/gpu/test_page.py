"""The page of two nodes shows the records as they are."""

from __future__ import annotations

from typing import Any

from tests.gpu.page import MACHINES, PAGE, RECORDED, in_turn, page, read


def record(name: str, chosen_by: str, rate: float) -> dict[str, Any]:
    measured = [
        {"streams": 1, "output_tokens_per_second": 1.0},
        {"streams": 64, "output_tokens_per_second": rate},
    ]
    return {"name": name, "chosen_by": chosen_by, "measured": measured}


def test_the_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, [read(RECORDED / name) for name in MACHINES]) == text, (
        "run: python -m tests.gpu.page"
    )


def test_only_the_setting_that_ran_again_is_compared_in_turn() -> None:
    records = [
        record("s-plan-2-nodes", "plan", 5),
        record("s-plan-2-nodes-2", "plan", 7),
        record("s-a-2-nodes", "hand", 9),
        record("s-b-2-nodes", "hand", 8),
        record("s-b-2-nodes-2", "hand", 6),
    ]
    assert in_turn(records, "plan") == [5, 7]
    assert in_turn(records, "hand") == [8, 6]


def test_nothing_ran_in_turn() -> None:
    assert in_turn([record("s-a-2-nodes", "hand", 9)], "hand") == []
