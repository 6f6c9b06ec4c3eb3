"""A scrub's pace and place: the rate, being stopped and going on, and clocks that jump."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.reading import (
    Throttle,
    hash_from_disk,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_state import (
    ScrubState,
    dump_state,
    parse_state,
)

from tests.unit.plugins.module_utils.weights.bench import SHARDS, Model
from tests.unit.plugins.module_utils.weights.scrubs import rot, scrub, state

YEAR = 365 * 24 * 3600.0
NOON = 1_767_268_800.0


class StoppedError(BaseException):
    """In the place of the SystemExit that SIGTERM raises in the program."""


def paced(
    stop_after: int = 0, now: Callable[[], float] = lambda: NOON
) -> tuple[Clock, list[float]]:
    """A clock that moves when somebody sleeps; the sleep with number `stop_after` is the last."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == stop_after:
            raise StoppedError

    return Clock(monotonic=lambda: sum(slept), now=now, sleep=sleep), slept


def test_a_scrub_keeps_to_its_rate(published: Path, model: Model, root: Path) -> None:
    clock, slept = paced()
    scrub(root, bytes_per_second=10_000, clock=clock)
    assert sum(slept) == pytest.approx(model.size / 10_000, rel=0.01)


def test_a_rate_of_zero_does_not_wait(published: Path, root: Path) -> None:
    clock, slept = paced()
    scrub(root, bytes_per_second=0, clock=clock)
    assert slept == []


def test_a_reader_that_was_held_up_does_not_make_up_for_it() -> None:
    now = [0.0]
    slept: list[float] = []
    throttle = Throttle(100, Clock(monotonic=lambda: now[0], sleep=slept.append))
    now[0] = 1000.0
    throttle.spend(500)
    assert slept == [pytest.approx(4.0)]


@pytest.mark.parametrize("jump", [0.0, YEAR, -YEAR])
def test_a_scrub_that_was_stopped_goes_on_with_that_file_whatever_the_time_of_day(
    jump: float, published: Path, model: Model, root: Path
) -> None:
    names = [line.split()[1] for line in (published / "SHA256SUMS").read_text().splitlines()]
    rot(published / names[-1])
    clock, _slept = paced(stop_after=3)
    with pytest.raises(StoppedError):
        scrub(root, model.url, bytes_per_second=1000, clock=clock)
    assert state(root, model.version)["position"] == 2
    wrong, said = scrub(root, model.url, clock=Clock(now=lambda: NOON + jump))
    assert wrong == ()
    assert said[0] == f"{published}: goes on after 2 of 5 files"
    sizes = [(model.path / name).stat().st_size for name in names]
    # Files that a stop cut short were not read; the last one is read twice before its repair.
    assert state(root, model.version)["read_bytes"] == sum(sizes) + sizes[-1]
    assert (published / names[-1]).read_bytes() == (model.path / names[-1]).read_bytes()
    assert scrub(root)[1] == []


def test_a_scrub_that_was_killed_loses_the_files_of_a_few_seconds_at_most(
    published: Path, model: Model, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk: list[int] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        on_disk.append(state(root, model.version)["position"])

    slept: list[float] = []
    clock = Clock(monotonic=lambda: sum(slept), sleep=sleep)
    # A quarter of a second for a small file, 50 s and more for a shard.
    scrub(root, bytes_per_second=4000, clock=clock)
    assert on_disk == sorted(on_disk)
    assert on_disk[-1] >= 3


def test_a_new_list_begins_a_new_pass(published: Path, model: Model, root: Path) -> None:
    (published / ".scrub.json").write_bytes(dump_state(ScrubState("0" * 64, position=4)))
    assert scrub(root)[1] == []
    assert state(root, model.version)["read_bytes"] == model.size


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 2}'])
def test_a_state_that_is_none_begins_a_new_pass(
    text: str, published: Path, model: Model, root: Path
) -> None:
    (published / ".scrub.json").write_text(text)
    assert scrub(root) == ((), [])
    assert state(root, model.version)["read_bytes"] == model.size


def test_a_state_is_read_back_as_it_was_written(published: Path, model: Model, root: Path) -> None:
    rot(published / SHARDS[0])
    scrub(root, model.url)
    text = (published / ".scrub.json").read_bytes()
    assert dump_state(parse_state(text)) == text
    with pytest.raises(ValueError, match="position -1"):
        parse_state(text.replace(b'"position": 0', b'"position": -1'))
    with pytest.raises(ValueError, match="not the state of a scrub"):
        parse_state(text.replace(b'"by": {', b'"by": 3, "x": {', 1))


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 1024 * 1024, 1024 * 1024 + 1, 3_000_001])
def test_every_byte_counts_whatever_the_size(size: int, tmp_path: Path) -> None:
    path = tmp_path / "f"
    content = hashlib.shake_256(b"content").digest(size)
    path.write_bytes(content)
    assert hash_from_disk(str(path)) == hashlib.sha256(content).hexdigest()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    (tmp_path / "link").symlink_to("f")
    with pytest.raises(OSError, match="symbolic links"):
        hash_from_disk(str(tmp_path / "link"))


def test_the_page_cache_is_passed_by_where_the_file_system_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 8192)
    flags: list[int] = []
    opened = os.open

    def watched(name: str, wanted: int) -> int:
        flags.append(wanted)
        return opened(name, wanted)

    monkeypatch.setattr(os, "open", watched)
    hash_from_disk(str(path))
    assert flags[0] & os.O_DIRECT


def test_a_file_system_without_direct_reads_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 5000)
    opened = os.open

    def refuse(name: str, flags: int) -> int:
        """A file system that knows no direct reads (simulated)."""
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return opened(name, flags)

    monkeypatch.setattr(os, "open", refuse)
    assert hash_from_disk(str(path)) == hashlib.sha256(b"x" * 5000).hexdigest()
