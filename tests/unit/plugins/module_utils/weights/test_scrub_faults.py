"""Scrubs that something happens to: damaged files, bad disks, kills, other runs."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import WeightsRoot

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    run,
    tree,
)
from tests.unit.plugins.module_utils.weights.scrubs import files, holds, rot, scrub, state

SHARD = SHARDS[0]


@pytest.mark.parametrize("damage", ["missing", "truncated", "longer", "link", "directory"])
def test_whatever_became_of_a_file_it_is_put_right(
    damage: str, published: Path, model: Model, root: Path, tmp_path: Path
) -> None:
    victim = published / SHARD
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    if damage == "truncated":
        victim.write_bytes(victim.read_bytes()[:-4096])
    elif damage == "longer":
        victim.write_bytes(victim.read_bytes() + b"\0")
    else:
        victim.unlink()
    if damage == "link":
        victim.symlink_to(outside)
    if damage == "directory":
        victim.mkdir()
    wrong, said = scrub(root, model.url)
    if damage == "directory":
        assert wrong == (str(victim),)
        assert said[-1].startswith(f"{victim} is not repaired: ")
        return
    assert wrong == ()
    assert holds(published, model)
    assert not victim.is_symlink()
    assert outside.read_bytes() == b"precious"


def test_a_bad_sector_is_a_wrong_file(
    published: Path, model: Model, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = (published / SHARD).stat().st_ino
    read = os.preadv

    def preadv(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        """The kernel's answer for a sector that the disk gives up on (simulated)."""
        if os.fstat(descriptor).st_ino == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    wrong, said = scrub(root, model.url)
    assert wrong == ()
    assert said[0] == f"{published / SHARD} is not readable (Input/output error)"
    assert holds(published, model)
    assert (published / SHARD).stat().st_ino != bad


def test_a_file_that_is_wrong_once_and_right_when_read_again_is_left_alone(
    published: Path, model: Model, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(published)
    shard = (published / SHARD).stat().st_ino
    read = os.preadv
    flipped: list[int] = []

    def preadv(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        """A bit that flips between the disk and the memory, once (simulated)."""
        count = read(descriptor, buffers, offset)
        if os.fstat(descriptor).st_ino == shard and not flipped:
            flipped.append(offset)
            buffers[0][0] ^= 1
        return count

    monkeypatch.setattr(os, "preadv", preadv)
    wrong, said = scrub(root, model.url)
    assert wrong == ()
    assert said[0].endswith("and is right when read again")
    assert state(root, model.version)["found"] == 0
    assert files(published) == before


def test_a_held_root_leaves_the_file_to_the_next_run(
    published: Path, model: Model, root: Path
) -> None:
    rot(published / SHARD)
    rotten = (published / SHARD).read_bytes()
    slept: list[float] = []
    clock = Clock(monotonic=lambda: sum(slept), sleep=slept.append)
    with WeightsRoot(str(root)).lock(1, Clock()):
        wrong, said = scrub(root, model.url, clock=clock)
    assert wrong == (str(published),)
    assert f"{root} is held by process {os.getpid()}" in said[-1]
    assert (published / SHARD).read_bytes() == rotten
    assert scrub(root, model.url)[0] == ()
    assert holds(published, model)


def test_a_version_that_is_removed_meanwhile_is_no_error(
    published: Path, model: Model, root: Path
) -> None:
    def remove(_seconds: float) -> None:
        if published.exists():
            run(root, "", state="absent")

    clock = Clock(sleep=remove)
    wrong, said = scrub(root, model.url, bytes_per_second=1, clock=clock)
    assert (wrong, said) == ((), [f"{published} was removed meanwhile"])
    assert not published.exists()


def test_a_directory_that_is_a_link_is_refused(
    published: Path, model: Model, root: Path, tmp_path: Path
) -> None:
    outside = shutil.copytree(published / "extra", tmp_path / "outside")
    rot(outside / "notes.txt")
    shutil.rmtree(published / "extra")
    (published / "extra").symlink_to(outside)
    before = tree(outside)
    wrong, said = scrub(root, model.url)
    assert wrong == (str(published),)
    assert said[-1].startswith(f"{published}/extra: a link where a directory of this model is")
    assert tree(outside) == before


def test_a_repair_that_was_killed_goes_on_within_the_file(
    published: Path, model: Model, root: Path, server: WebServer
) -> None:
    rot(published / SHARD)
    staging = root / ".staging" / f"{model.digest[:12]}.scrub"
    staging.mkdir(parents=True)
    (staging / f"{SHARD}.part").write_bytes((model.path / SHARD).read_bytes()[:70_000])
    assert scrub(root, server.url)[0] == ()
    assert server.asked("GET") == [(SHARD, "bytes=70000-")]
    assert holds(published, model)
    assert not staging.exists()


def test_a_bit_that_flips_in_transit_is_fetched_again(
    published: Path, model: Model, root: Path, server: WebServer
) -> None:
    rot(published / SHARD)
    server.faults[SHARD] = [Fault("flip", 99_000)]
    assert scrub(root, server.url, retries=1)[0] == ()
    assert holds(published, model)


def test_what_a_killed_repair_left_goes_with_its_model(
    published: Path, model: Model, root: Path, server: WebServer
) -> None:
    rot(published / SHARD)

    class KilledError(BaseException):
        """In the place of a kill: nothing below catches it."""

    def sleep(_seconds: float) -> None:
        raise KilledError

    server.faults[SHARD] = [Fault("die", 70_000)]
    with pytest.raises(KilledError):
        scrub(root, server.url, retries=1, clock=Clock(sleep=sleep))
    (staging,) = os.listdir(root / ".staging")
    assert (root / ".staging" / staging / f"{SHARD}.part").stat().st_size == 70_000
    assert json.loads((root / ".staging" / staging / ".verified.json").read_text())["name"] == "m"
    run(root, "", state="absent")
    assert os.listdir(root / ".staging") == []
