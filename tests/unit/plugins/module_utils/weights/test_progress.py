from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.progress import (
    Figures,
    Progress,
    parse_figures,
    progress_line,
)
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


GIB = 1024**3


@pytest.mark.parametrize(
    ("now", "before", "seconds", "line"),
    [
        (
            Figures(20 * GIB, 641 * GIB, 0),
            Figures(10 * GIB, 641 * GIB, 0),
            10.0,
            "20.00 of 641.00 GiB, 1.000 GiB/s, 621 s left",
        ),
        (
            Figures(GIB, 4 * GIB, 2),
            Figures(GIB, 4 * GIB, 1),
            10.0,
            "1.00 of 4.00 GiB, 0.000 GiB/s, no byte since the last line, 2 retries",
        ),
        (
            Figures(5 * GIB, 4 * GIB, 1),
            Figures(3 * GIB, 4 * GIB, 1),
            1.0,
            "4.00 of 4.00 GiB, 2.000 GiB/s, 0 s left, 1 retries",
        ),
    ],
)
def test_a_line_says_how_far_how_fast_and_how_long(
    now: Figures, before: Figures, seconds: float, line: str
) -> None:
    assert progress_line(now, before, seconds) == line


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"fetched_bytes": 1}', b"null"])
def test_anything_but_figures_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the text differs with the JSON parser's
        parse_figures(text)
