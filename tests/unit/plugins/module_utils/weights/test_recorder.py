from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Signature,
    VerifiedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.recorder import Recorder
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    VersionDirectory,
)

from tests.unit.plugins.module_utils.weights.bench import spec

FILE = VerifiedFile("a" * 64, Signature(1, 2, 3, 4, 5))


class Counting(VersionDirectory):
    """A directory that counts how often its record is written."""

    writes = 0

    def write_record(self, _record: object) -> None:
        type(self).writes += 1


def test_many_files_do_not_cost_a_record_each(tmp_path: Path) -> None:
    ticks = itertools.count()
    recorder = Recorder(spec(tmp_path, "file:///m"), "d" * 64, Clock(monotonic=ticks.__next__))
    directory = Counting(str(tmp_path))
    for number in range(2000):
        recorder.add(directory, f"file-{number}", FILE)
    # Two ticks a write and one for each file between two writes: a share of 5 % at most.
    assert 50 <= Counting.writes <= 110
    assert len(recorder.files) == 2000


def test_a_record_that_cannot_be_written_waits_for_the_end(tmp_path: Path) -> None:
    recorder = Recorder(spec(tmp_path, "file:///m"), "d" * 64, Clock())
    gone = VersionDirectory(str(tmp_path / "gone"))
    recorder.add(gone, "file", FILE)
    with pytest.raises(FileNotFoundError):
        recorder.write(gone)
    os.mkdir(gone.path)
    recorder.write(gone)
    record = gone.record()
    assert record is not None
    assert record.files == {"file": FILE}
