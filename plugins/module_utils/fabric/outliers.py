# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results that stand out from their peers, whether they pass their limit or not."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

# Of two that differ nobody can say which one is off.
LEAST_PEERS = 3


def outliers(
    values: Mapping[str, float], *, percent: float, less_is_better: bool
) -> dict[str, float]:
    """The names whose value is more than C(percent) worse than the median, each with the median.

    C(values) are results of one kind over links of one rate. A set of fewer than three has none.
    """
    if len(values) < LEAST_PEERS:
        return {}
    middle = median(values.values())
    sign = 1 if less_is_better else -1
    bound = middle * (1 + sign * percent / 100)
    return {name: middle for name, value in values.items() if (value - bound) * sign > 0}
