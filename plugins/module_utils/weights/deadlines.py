# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a transfer may take before it is given up or planned anew; pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

# The worst fault that a chain survives (one link at half its speed, measured in network
# namespaces) costs 2.2 times the wire; what takes three times is not going to end.
MARGIN = 3.0
# Seconds for what does not depend on bytes: lists, connections, a pause before a second attempt.
LEAST_SECONDS = 30.0
# A hop adds 0.2 % of the whole transfer (measured with 4 to 32 nodes).
HOP_SHARE = 0.002


@dataclass(frozen=True)
class Deadlines:
    """Seconds, rounded up: for one attempt at the largest file, and for all that is to come."""

    file_seconds: int
    run_seconds: int


def deadlines(
    *, total_bytes: int, largest_bytes: int, bytes_per_second: float, parallel: int, hops: int
) -> Deadlines:
    """Deadlines for ``total_bytes`` in files of at most ``largest_bytes`` over one link.

    ``parallel`` files share the link; ``hops`` is the number of nodes from the source to the last.
    Raises ValueError for a rate, a number of files or of hops that is not above 0.
    """
    if not bytes_per_second > 0 or parallel < 1 or hops < 1:
        raise ValueError(f"rate {bytes_per_second:g}, parallel {parallel}, hops {hops}: above 0")
    slowed = MARGIN * (1 + HOP_SHARE * hops) / bytes_per_second
    return Deadlines(
        file_seconds=math.ceil(LEAST_SECONDS + slowed * min(parallel * largest_bytes, total_bytes)),
        run_seconds=math.ceil(LEAST_SECONDS + slowed * total_bytes),
    )
