"""Scrubs: what is found, what is repaired from where, and what a reader sees meanwhile."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.information import (
    describe_models,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    WAITLESS,
    Model,
    WebServer,
    run,
)
from tests.unit.plugins.module_utils.weights.scrubs import files, holds, rot, scrub, state

NOON = Clock(now=lambda: 1_767_268_800.9, sleep=WAITLESS.sleep)
NOON_TEXT = "2026-01-01T12:00:00+00:00"
BY = {"program": "weights-scrub", "version": "1.2.3", "host": "node1", "run": "invocation"}
SHARD = SHARDS[0]


@pytest.fixture
def neighbour(model: Model, tmp_path: Path) -> str:
    """A directory with the same model, such as a neighbour's export."""
    return f"file://{shutil.copytree(model.path, tmp_path / 'neighbour')}"


def test_a_model_that_is_right_is_read_whole_and_left_alone(
    published: Path, model: Model, root: Path
) -> None:
    before = files(published)
    assert scrub(root, clock=NOON) == ((), [])
    assert files(published) == before
    found = state(root, model.version)
    assert found["read_bytes"] == model.size
    assert (found["position"], found["finished_at"], found["succeeded_at"]) == (
        *(0, NOON_TEXT),
        NOON_TEXT,
    )
    assert found["by"] == BY
    (told,) = describe_models(str(root), "m", verify=False)
    assert (told["verified"], told["verified_at"], told["verified_by"]) == (True, NOON_TEXT, BY)
    assert told["scrub"]["succeeded_at"] == NOON_TEXT
    assert not run(root, model.url).changed


def test_a_rotten_file_is_repaired_alone_from_the_first_source(
    published: Path, model: Model, root: Path, server: WebServer, neighbour: str
) -> None:
    before = files(published)
    rot(published / SHARD, 90_000)
    wrong, said = scrub(root, neighbour, server.url, clock=NOON)
    assert wrong == ()
    assert holds(published, model)
    assert {n for n, v in files(published).items() if v != before[n]} == {SHARD}
    assert server.requests == []
    assert said[1] == f"{published / SHARD} is repaired from {neighbour}/{SHARD}"
    found = state(root, model.version)
    assert (found["found"], found["repaired"], found["wrong"]) == (1, 1, [])
    (event,) = found["events"]
    assert (event["at"], event["file"], event["by"]) == (NOON_TEXT, SHARD, BY)
    assert event["repaired_from"] == f"{neighbour}/{SHARD}"
    assert event["found"].startswith("has SHA-256 ")
    assert os.listdir(root / ".staging") == []
    assert not run(root, model.url).changed


@pytest.mark.parametrize("fault", ["rotten", "gone", "lacks the file"])
def test_a_neighbour_that_cannot_help_is_passed_by(
    fault: str, published: Path, model: Model, root: Path, server: WebServer, neighbour: str
) -> None:
    beside = Path(neighbour[len("file://") :])
    if fault == "rotten":
        rot(beside / SHARD)
    elif fault == "gone":
        shutil.rmtree(beside)
    else:
        (beside / SHARD).unlink()
    rot(published / SHARD)
    assert scrub(root, neighbour, server.url)[0] == ()
    assert holds(published, model)
    assert [name for name, _ in server.asked("GET")] == [SHARD]


def test_a_file_that_no_source_can_give_stays_and_is_told_until_one_can(
    published: Path, model: Model, root: Path
) -> None:
    rot(published / SHARD)
    rotten = (published / SHARD).read_bytes()
    wrong, said = scrub(root, "http://127.0.0.1:9/m", clock=NOON)
    assert wrong == (str(published / SHARD),)
    assert "http://127.0.0.1:9/m" in said[-1]
    assert "Connection refused" in said[-1]
    assert (published / SHARD).read_bytes() == rotten
    found = state(root, model.version)
    assert (found["found"], found["repaired"], found["wrong"]) == (1, 0, [SHARD])
    assert (found["finished_at"], found["succeeded_at"]) == (NOON_TEXT, "")
    (told,) = describe_models(str(root), "m", verify=False)
    assert (told["verified"], told["unverified"]) == (False, [SHARD])
    assert os.listdir(root / ".staging") == []
    assert run(root, model.url).actions[1:] == (f"repair {SHARD} in {model.version}",)
    assert scrub(root)[0] == ()
    assert holds(published, model)


def test_a_reader_keeps_the_file_that_it_opened(published: Path, model: Model, root: Path) -> None:
    rot(published / SHARD)
    with (published / SHARD).open("rb") as reader:
        first = reader.read(1000)
        scrub(root, model.url)
        rest = reader.read()
    rotten = bytearray((model.path / SHARD).read_bytes())
    rotten[-1] ^= 1
    assert first + rest == bytes(rotten)
    assert holds(published, model)


def test_every_version_is_scrubbed_and_the_link_stays(
    published: Path, model: Model, root: Path
) -> None:
    old = {name: (model.path / name).read_bytes() for name in model.names}
    model.write("config.json", b'{"newer": true}')
    run(root, model.url)
    rot(published / SHARD)
    rot(published / "config.json")
    link = os.readlink(root / "m")
    wrong, _said = scrub(root, model.url)
    assert os.readlink(root / "m") == link == model.version
    # The source has only the newer config.json; the shard is the same in both.
    assert wrong == (str(published / "config.json"),)
    assert (published / SHARD).read_bytes() == old[SHARD]
    assert holds(root / model.version, model)


def test_a_lost_list_is_fetched_again_when_it_is_this_versions(
    published: Path, model: Model, root: Path
) -> None:
    right = (published / "SHA256SUMS").read_bytes()
    rot(published / "SHA256SUMS", 3)
    wrong, said = scrub(root, model.url)
    assert wrong == ()
    assert (published / "SHA256SUMS").read_bytes() == right
    assert said[-1] == f"{published}/SHA256SUMS is repaired from {model.url}/SHA256SUMS"
    model.write("config.json", b"{}")
    (published / "SHA256SUMS").unlink()
    wrong, said = scrub(root, "http://127.0.0.1:9/m", model.url)
    assert wrong == (str(published),)
    assert f"{model.url}/SHA256SUMS is of version {model.digest[:12]}" in said[-1]
    assert not (published / "SHA256SUMS").exists()


def test_a_model_that_is_not_there_is_an_error(root: Path) -> None:
    with pytest.raises(WeightsError, match="holds no version of m; bring the model first"):
        scrub(root)
    assert not root.exists()
