"""Each bad input is refused with the lines that its case gives, and with no others."""

from __future__ import annotations

import pytest

from tests.unit.plugins.module_utils.planning.bad_inputs import Case, lines_of, load_cases

RIGHT, CASES = load_cases()


def test_the_right_inputs_have_no_fault() -> None:
    for kind in ("question", "plan", "stale"):
        assert lines_of(Case("right", kind, {}, {}, ()), RIGHT) == []


def test_there_are_as_many_cases_as_the_product_promises() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_input_is_refused_with_its_figures_and_a_fix(case: Case) -> None:
    assert lines_of(case, RIGHT) == list(case.lines)
