"""Transfers that go wrong: what is fetched again, what is kept, and what the error says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    MismatchError,
    WeightsError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    run,
    tree,
    weights_of,
)

SHARD = SHARDS[0]


def staged(root: Path, model: Model) -> Path:
    return root / ".staging" / model.digest[:12]


def nothing_is_published(root: Path, model: Model) -> bool:
    return not (root / "m").exists() and not (root / model.version).exists()


def test_a_server_that_dies_inside_a_file_is_asked_for_the_rest(
    server: WebServer, model: Model, root: Path
) -> None:
    server.faults[SHARD] = [Fault("die", 70_000), Fault("die", 50_000)]
    weights = weights_of(run(root, server.url))
    ranges = [span for name, span in server.asked("GET") if name == SHARD]
    assert ranges == ["", "bytes=70000-", "bytes=120000-"]
    assert weights["retries"] == 2
    assert weights["fetched_bytes"] == model.size
    assert (root / "m" / SHARD).read_bytes() == (model.path / SHARD).read_bytes()


def test_a_server_that_keeps_dying_is_an_error_and_what_landed_is_kept(
    server: WebServer, model: Model, root: Path
) -> None:
    server.faults[SHARD] = [Fault("die", 50_000)] * 3
    with pytest.raises(WeightsError) as caught:
        run(root, server.url, retries=2, parallel=1)
    size = (model.path / SHARD).stat().st_size
    assert str(caught.value) == (
        f"{server.url}/{SHARD}: the connection ended {size - 150_000} bytes early; "
        "check that the server runs and is reachable from this host"
    )
    assert caught.value.details == {"url": f"{server.url}/{SHARD}", "attempts": 3}
    assert nothing_is_published(root, model)
    assert (staged(root, model) / f"{SHARD}.part").stat().st_size == 150_000
    weights = weights_of(run(root, server.url))
    assert weights["resumed_bytes"] == model.size - weights["fetched_bytes"]
    assert server.asked("GET")[-5:].count((SHARD, "bytes=150000-")) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_status_that_time_can_heal_is_asked_again(
    status: int, server: WebServer, root: Path
) -> None:
    server.faults[SHARD] = [Fault("status", status)] * 2
    assert weights_of(run(root, server.url))["verified"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_status_that_time_does_not_heal_is_an_error_at_once(
    status: int, server: WebServer, root: Path
) -> None:
    server.faults[SHARD] = [Fault("status", status)]
    with pytest.raises(WeightsError, match=rf"{SHARD}: the server answers {status} "):
        run(root, server.url)
    assert server.faults[SHARD] == []


def test_a_flipped_bit_is_dropped_and_the_file_fetched_again(
    server: WebServer, model: Model, root: Path
) -> None:
    server.faults[SHARD] = [Fault("flip", 99_000)]
    weights = weights_of(run(root, server.url))
    assert [span for name, span in server.asked("GET") if name == SHARD] == ["", ""]
    assert weights["retries"] == 1
    assert (root / "m" / SHARD).read_bytes() == (model.path / SHARD).read_bytes()


def test_a_file_that_stays_wrong_is_an_error_with_file_url_and_both_digests(
    server: WebServer, model: Model, root: Path
) -> None:
    model.flip(SHARD)
    listed = {
        line.split()[1]: line.split()[0]
        for line in (model.path / "SHA256SUMS").read_text().splitlines()
    }
    with pytest.raises(MismatchError) as caught:
        run(root, server.url, retries=2)
    found = caught.value.details["found_sha256"]
    assert str(caught.value) == (
        f"{server.url}/{SHARD}: file {SHARD} has SHA-256 {found}, the list needs {listed[SHARD]}; "
        "repair the file or SHA256SUMS at the source"
    )
    assert found != listed[SHARD]
    assert caught.value.details["attempts"] == 3
    assert len([name for name, _ in server.asked("GET") if name == SHARD]) == 3
    assert nothing_is_published(root, model)
    assert not (staged(root, model) / f"{SHARD}.part").exists()
    assert not (staged(root, model) / SHARD).exists()


def test_after_the_source_is_repaired_the_next_run_fetches_only_the_wrong_file(
    server: WebServer, model: Model, root: Path
) -> None:
    model.flip(SHARD)
    with pytest.raises(MismatchError):
        run(root, server.url, retries=0, parallel=1)
    model.flip(SHARD)
    server.requests.clear()
    weights = weights_of(run(root, server.url))
    assert weights["verified"]
    assert SHARD in {name for name, _ in server.asked("GET")}
    assert weights["fetched_bytes"] + weights["resumed_bytes"] == model.size


def test_files_that_are_wrong_together_are_told_together(model: Model, root: Path) -> None:
    for shard in SHARDS:
        model.flip(shard)
    with pytest.raises(WeightsError) as caught:
        run(root, model.url, retries=0)
    text = str(caught.value)
    assert any(f"file {shard} has SHA-256" in text for shard in SHARDS)


def test_a_truncated_file_at_the_source_is_an_error(
    server: WebServer, model: Model, root: Path
) -> None:
    content = (model.path / SHARD).read_bytes()
    (model.path / SHARD).write_bytes(content[:-1])
    with pytest.raises(MismatchError, match=f"file {SHARD} has SHA-256"):
        run(root, server.url, retries=1)
    assert nothing_is_published(root, model)


def test_a_list_that_is_cut_off_is_not_taken_for_a_short_list(
    server: WebServer, model: Model, root: Path
) -> None:
    first_line = len((model.path / "SHA256SUMS").read_bytes().split(b"\n")[0]) + 1
    server.faults["SHA256SUMS"] = [Fault("die", first_line)]
    assert weights_of(run(root, server.url))["files"] == 5
    assert server.asked("GET")[:2] == [("SHA256SUMS", ""), ("SHA256SUMS", "")]


def test_a_server_without_ranges_sends_the_file_anew(
    server: WebServer, model: Model, root: Path
) -> None:
    server.ranges = False
    server.faults[SHARD] = [Fault("die", 70_000)]
    weights = weights_of(run(root, server.url))
    assert weights["fetched_bytes"] == model.size + 70_000
    assert (root / "m" / SHARD).read_bytes() == (model.path / SHARD).read_bytes()


def test_a_server_that_does_not_say_the_size_is_refused(server: WebServer, root: Path) -> None:
    server.faults[SHARD] = [Fault("silent")]
    with pytest.raises(WeightsError, match=r"does not say the file's size \(no Content-Length\)"):
        run(root, server.url)
    assert not root.parent.exists()


def test_an_attempt_that_takes_too_long_is_given_up_and_the_next_goes_on(
    server: WebServer, model: Model, root: Path
) -> None:
    now = [0.0]

    def monotonic() -> float:
        now[0] += 1.0
        return now[0]

    size = (model.path / SHARD).stat().st_size
    server.faults[SHARD] = [Fault("trickle", 4096)] * 2
    clock = Clock(monotonic=monotonic, sleep=lambda seconds: None)  # noqa: ARG005
    with pytest.raises(WeightsError, match=rf"{SHARD}: not whole after 5 s, \d+ bytes are missing"):
        run(root, server.url, timeout_seconds=5, retries=1, parallel=1, clock=clock)
    partial = (staged(root, model) / f"{SHARD}.part").stat().st_size
    assert 0 < partial < size
    assert weights_of(run(root, server.url))["verified"]


def test_a_partial_file_with_wrong_bytes_is_dropped_in_the_end(
    server: WebServer, model: Model, root: Path
) -> None:
    staged(root, model).mkdir(parents=True)
    (staged(root, model) / f"{SHARD}.part").write_bytes(b"x" * 1000)
    weights = weights_of(run(root, server.url))
    assert weights["retries"] == 1
    assert [span for name, span in server.asked("GET") if name == SHARD] == ["bytes=1000-", ""]
    assert (root / "m" / SHARD).read_bytes() == (model.path / SHARD).read_bytes()


@pytest.mark.parametrize("extra", [0, 1])
def test_a_partial_file_as_long_as_the_source_or_longer(
    extra: int, server: WebServer, model: Model, root: Path
) -> None:
    content = (model.path / SHARD).read_bytes()
    staged(root, model).mkdir(parents=True)
    (staged(root, model) / f"{SHARD}.part").write_bytes(content + b"x" * extra)
    weights = weights_of(run(root, server.url))
    fetched = [name for name, _ in server.asked("GET") if name == SHARD]
    assert fetched == ([SHARD] if extra else [])
    assert weights["resumed_bytes"] == (0 if extra else len(content))
    assert (root / "m" / SHARD).read_bytes() == content


def test_what_landed_and_rotted_in_staging_is_fetched_again(
    server: WebServer, model: Model, root: Path
) -> None:
    staged(root, model).mkdir(parents=True)
    (staged(root, model) / SHARD).write_bytes(b"rotten")
    run(root, server.url)
    assert (root / "m" / SHARD).read_bytes() == (model.path / SHARD).read_bytes()


def test_what_a_killed_run_left_beside_the_files_is_not_published(model: Model, root: Path) -> None:
    staged(root, model).mkdir(parents=True)
    (staged(root, model) / ".verified.json.part").write_bytes(b"{")
    (staged(root, model) / "stranger").mkdir()
    (staged(root, model) / "stranger" / "file").touch()
    run(root, model.url)
    found = {str(p.relative_to(root / "m")) for p in (root / "m").rglob("*") if p.is_file()}
    assert found == {*model.names, "SHA256SUMS", ".verified.json"}
    assert not (root / "m" / "stranger").exists()


def test_staging_of_another_version_is_kept_and_reported(
    server: WebServer, model: Model, root: Path
) -> None:
    server.faults[SHARD] = [Fault("die", 70_000)]
    with pytest.raises(WeightsError):
        run(root, server.url, retries=0)
    old = model.digest[:12]
    model.write("config.json", b"{}")
    weights = weights_of(run(root, server.url))
    assert weights["other_staging"] == [old]
    assert os.listdir(root / ".staging") == [old]


def test_a_failed_new_version_leaves_the_old_one_in_use(
    server: WebServer, model: Model, root: Path
) -> None:
    run(root, server.url)
    old = model.version
    before = tree(root / old)
    model.write(SHARD, (model.path / SHARD).read_bytes()[:-4] + b"\0\0\0\0")
    server.faults[SHARD] = [Fault("die", 9)]
    with pytest.raises(WeightsError):
        run(root, server.url, retries=0)
    assert os.readlink(root / "m") == old
    assert tree(root / old) == before
