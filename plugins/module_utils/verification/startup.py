# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long the engine took to start, from the text of its /metrics.

SGLang's leader exports the gauge once for each phase (emit_startup_time in
sglang/srt/observability/metrics_collector.py): C(load_weight) and C(kv_cache_allocation)
and C(scheduler_e2e), of each the longest of the leader's host, and C(tokenizer_e2e), the whole
start. The format is Prometheus's
(U(https://prometheus.io/docs/instrumenting/exposition_formats/)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

METRIC = "sglang:startup_time_seconds"
WHOLE = "tokenizer_e2e"
LOAD = "load_weight"
LABEL = r'\w+="(?:[^"\\]|\\.)*"'
SAMPLE = re.compile(rf"^{METRIC}\{{(?P<labels>(?:{LABEL},?)*)\}} (?P<value>\S+)", re.MULTILINE)
PHASE = re.compile(r'(?:^|,)phase="(?P<phase>\w+)"')


def startup_times(metrics: str) -> dict[str, float]:
    """C(seconds) of the whole start and C(load_seconds) of loading the weights.

    Both are 0.0 where C(metrics) does not have them.
    """
    phases = dict(_phases(metrics))
    return {"seconds": phases.get(WHOLE, 0.0), "load_seconds": phases.get(LOAD, 0.0)}


def _phases(metrics: str) -> Iterator[tuple[str, float]]:
    for sample in SAMPLE.finditer(metrics):
        phase = PHASE.search(sample.group("labels"))
        if phase:
            yield phase.group("phase"), float(sample.group("value"))
