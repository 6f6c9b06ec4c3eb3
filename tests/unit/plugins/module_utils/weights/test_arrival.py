from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.small import (
    HeldStream,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.arrival import (
    PatientAdapter,
    RelayStore,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    NotYetError,
    StoppedError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock


def nothing(_now: float) -> None:
    pass


class Time:
    """A clock that a pause advances; something may happen at each pause."""

    def __init__(self, at_pause: Callable[[float], None] = nothing) -> None:
        self.now = 0.0
        self._at_pause = at_pause

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._at_pause(self.now)

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, sleep=self.sleep)


def go_on() -> None:
    pass


@pytest.fixture
def store(tmp_path: Path) -> Path:
    made = tmp_path / ".relay" / "5f1d2c0e9b7a"
    made.mkdir(parents=True)
    return made


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_a_stored_file_becomes_the_process_own_and_stays_where_the_relay_finds_it(
    store: Path,
) -> None:
    (store / "f").write_bytes(b"12345")
    os.chown(store / "f", 65534, -1)
    assert RelayStore(str(store), Time().clock).arrive("f", go_on) == str(store / "f")
    assert (store / "f").read_bytes() == b"12345"
    assert (store / "f").stat().st_uid == os.geteuid()


def test_it_waits_as_long_as_bytes_come_in(store: Path) -> None:
    growing = store.parent / "temporary" / "0000000001"
    growing.parent.mkdir()

    def grow(now: float) -> None:
        growing.write_bytes(b"x" * int(now))
        if now > 70:
            growing.replace(store / "f")

    time = Time(grow)
    assert RelayStore(str(store), time.clock).arrive("f", go_on) == str(store / "f")
    assert time.now > 70


def test_half_a_minute_without_a_byte_is_enough(store: Path) -> None:
    time = Time()
    assert RelayStore(str(store), time.clock).arrive("f", go_on) == ""
    assert 30 <= time.now < 32


def test_a_file_that_was_taken_is_not_waited_for_again(store: Path) -> None:
    time = Time()
    arrivals = RelayStore(str(store), time.clock)
    (store / "f").write_bytes(b"1")
    assert arrivals.arrive("f", go_on) == str(store / "f")
    assert arrivals.arrive("f", go_on) == ""
    assert time.now == 0


@pytest.mark.parametrize("kind", ["link", "directory"])
def test_only_a_regular_file_arrives(store: Path, kind: str) -> None:
    if kind == "link":
        (store / "f").symlink_to("/etc/passwd")
    else:
        (store / "f").mkdir()
    assert RelayStore(str(store), Time().clock).arrive("f", go_on) == ""


def test_waiting_ends_with_the_run(store: Path) -> None:
    def give_up() -> None:
        raise StoppedError("another file failed")

    with pytest.raises(StoppedError):
        RelayStore(str(store), Time().clock).arrive("f", give_up)


class Later:
    """A feeder that has nothing yet, and a directory once `there` is set."""

    there = False

    def url(self, name: str) -> str:
        return f"http://n1:8090/chain/{name}"

    def size(self, _name: str) -> int:
        return 1

    def open(self, name: str, offset: int) -> HeldStream:
        if not self.there:
            raise NotYetError(self.url(name), "503", "later", retry_after=1)
        return HeldStream(b"x", offset)


def test_a_feeder_that_has_nothing_yet_is_waited_for_anew(store: Path) -> None:
    time, feeder = Time(), Later()
    arrivals = RelayStore(str(store), time.clock)
    patient = PatientAdapter(feeder, arrivals)
    assert arrivals.arrive("f", go_on) == ""
    asked_at = time.now
    with pytest.raises(NotYetError):
        patient.open("f", 0)
    assert arrivals.arrive("f", go_on) == ""
    assert 30 <= time.now - asked_at < 32
    feeder.there = True
    assert (patient.open("f", 0).read(9), patient.url("f"), patient.size("f")) == (
        *(b"x", "http://n1:8090/chain/f", 1),
    )
    asked_at = time.now
    assert arrivals.arrive("f", go_on) == ""
    assert time.now == asked_at
