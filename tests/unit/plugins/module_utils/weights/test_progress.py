from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.progress import Progress
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock


def test_figures_are_written_once_a_second_and_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    now = [100.0]
    progress = Progress(str(path), total_bytes=1000, clock=Clock(monotonic=lambda: now[0]))
    progress.fetched(10)
    assert not path.exists()
    now[0] += 1
    progress.fetched(20)
    progress.retried()
    assert json.loads(path.read_text()) == {"fetched_bytes": 30, "total_bytes": 1000, "retries": 0}
    now[0] += 0.9
    progress.fetched(5)
    assert json.loads(path.read_text())["fetched_bytes"] == 30
    now[0] += 0.1
    progress.fetched(5)
    assert json.loads(path.read_text()) == {"fetched_bytes": 40, "total_bytes": 1000, "retries": 1}
    progress.close()
    progress.close()
    assert os.listdir(tmp_path) == []


def test_figures_that_cannot_be_written_do_not_end_the_run(tmp_path: Path) -> None:
    progress = Progress(str(tmp_path / "no" / "p"), total_bytes=1, clock=Clock(lambda: 0.0))
    progress.fetched(1)
    assert progress.fetched_bytes == 1
