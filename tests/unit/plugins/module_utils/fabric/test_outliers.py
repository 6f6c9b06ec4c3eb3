"""What stands out from its peers, in sets of any size."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.outliers import outliers


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ([], ""),
        ([390], ""),
        # Of two nobody can say which one is off.
        ([390, 195], ""),
        ([390, 390, 331], "c"),
        ([390, 390, 332], ""),
        ([390, 388, 392, 195], "d"),
        # Two slow and one fast: the slow ones are the peers.
        ([195, 195, 390], ""),
        # Faster is no fault.
        ([195, 195, 195, 390], ""),
        ([0, 390, 390], "a"),
        ([0, 0, 0], ""),
    ],
)
def test_a_bandwidth_is_named_that_is_15_percent_below_the_median(
    values: list[float], named: str
) -> None:
    found = outliers(dict(zip("abcd", values, strict=False)), percent=15, less_is_better=False)
    assert "".join(found) == named


def test_a_latency_is_named_that_is_above_it() -> None:
    values = {"a": 2.0, "b": 2.1, "c": 2.0, "d": 2.5, "e": 1.0}
    assert outliers(values, percent=15, less_is_better=True) == {"d": 2.0}
