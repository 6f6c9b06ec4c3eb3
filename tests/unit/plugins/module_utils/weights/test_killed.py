"""The real module process is killed inside a file; the disk is really full."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import LockedError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.information import (
    describe_models,
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
from tests.unit.plugins.module_utils.weights.scrubs import holds, rot, scrub

ROOT = Path(__file__).resolve().parents[5]
SHARD = SHARDS[0]
MODULE = """
import json, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.baremetal.sglang.plugins.modules.model_weights import main
with patch_module_args(json.loads(sys.argv[1])):
    main()
"""


def start(root: Path, source: str) -> subprocess.Popen[bytes]:
    """The module in a process of its own, as on a node."""
    arguments = {"name": "m", "destination": str(root), "source": source, "parallel": 1}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".collections")}
    return subprocess.Popen(
        [sys.executable, "-c", MODULE, json.dumps(arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def result(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(process.communicate(timeout=30)[0])
    return found


def wait_for_size(path: Path, size: int) -> None:
    deadline = time.monotonic() + 30
    while not path.exists() or path.stat().st_size < size:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} did not reach {size} bytes")
        time.sleep(0.005)


@pytest.mark.slow
def test_a_run_killed_inside_a_file_goes_on_from_there(
    server: WebServer, model: Model, root: Path
) -> None:
    server.faults[SHARD] = [Fault("trickle", 1000)]
    partial = root / ".staging" / model.digest[:12] / f"{SHARD}.part"
    process = start(root, server.url)
    wait_for_size(partial, 20_000)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    landed = partial.stat().st_size
    assert 20_000 <= landed < (model.path / SHARD).stat().st_size
    assert not (root / "m").exists()
    assert not (root / model.version).exists()
    server.requests.clear()
    found = result(start(root, server.url))
    assert (SHARD, f"bytes={landed}-") in server.asked("GET")
    assert found["weights"]["resumed_bytes"] == landed
    assert found["weights"]["fetched_bytes"] == model.size - landed
    assert (root / "m" / SHARD).read_bytes() == (model.path / SHARD).read_bytes()
    assert not run(root, server.url).changed


@pytest.mark.slow
def test_two_runs_at_once_do_not_collide(server: WebServer, model: Model, root: Path) -> None:
    server.faults[SHARD] = [Fault("trickle", 2000)]
    first = start(root, server.url)
    wait_for_size(root / ".staging" / model.digest[:12] / f"{SHARD}.part", 2000)
    second = result(start(root, server.url))
    landed = result(first)
    assert (landed["changed"], second["changed"]) == (True, False)
    assert [name for name, _ in server.asked("GET")].count(SHARD) == 1


def test_a_disk_that_is_too_small_is_refused_with_figures_before_the_first_byte(
    small_disk: Path, server: WebServer, model: Model
) -> None:
    (small_disk / "other").write_bytes(b"x" * 800_000)
    stat = os.statvfs(small_disk)
    free = stat.f_bavail * stat.f_frsize
    with pytest.raises(OperationError) as caught:
        run(small_disk / "models", server.url)
    assert caught.value.details["free_bytes"] == free
    assert model.size < caught.value.details["needed_bytes"] < model.size + 5 * stat.f_frsize
    assert f"{free} bytes are free (0 bytes of this model are already there)" in str(caught.value)
    assert os.listdir(small_disk) == ["other"]
    assert SHARD not in {name for name, _ in server.asked("GET")}


def test_a_disk_that_fills_while_files_land_is_a_clear_error_and_heals(
    small_disk: Path, server: WebServer, model: Model
) -> None:
    root = small_disk / "models"
    hog = small_disk / "hog"
    real_open = server.take_fault

    def fill_disk(method: str, name: str) -> Fault:
        if method == "GET" and name == SHARD and not hog.exists():
            stat = os.statvfs(small_disk)
            hog.write_bytes(b"x" * (stat.f_bavail * stat.f_frsize - 60_000))
        return real_open(method, name)

    server.take_fault = fill_disk  # type: ignore[method-assign]
    with pytest.raises(OperationError) as caught:
        run(root, server.url, parallel=1)
    partial = root / ".staging" / model.digest[:12] / f"{SHARD}.part"
    assert str(caught.value).startswith(f"{partial}: ")
    assert "bytes are still to be fetched, 0 bytes are free" in str(caught.value)
    assert not (root / "m").exists()
    assert [name for name, _ in server.asked("GET")].count(SHARD) == 1
    hog.unlink()
    hog.touch()
    weights = weights_of(run(root, server.url))
    assert weights["verified"]
    assert weights["resumed_bytes"] == partial_bytes_of(caught.value)


def partial_bytes_of(error: OperationError) -> int:
    there: int = error.details["there_bytes"]
    return there


def test_a_disk_that_is_full_keeps_the_wrong_file_and_the_next_scrub_repairs_it(
    small_disk: Path, model: Model
) -> None:
    root = small_disk / "models"
    run(root, model.url)
    rot(root / model.version / SHARD)
    stat = os.statvfs(small_disk)
    (small_disk / "hog").write_bytes(b"x" * (stat.f_bavail * stat.f_frsize - 100_000))
    wrong, said = scrub(root, model.url)
    assert wrong == (str(root / model.version / SHARD),)
    assert "bytes are still to be fetched" in said[-1]
    assert describe_models(str(root), "m", verify=False)[0]["unverified"] == [SHARD]
    (small_disk / "hog").unlink()
    assert scrub(root, model.url)[0] == ()
    assert holds(root / model.version, model)


def test_a_file_system_that_became_read_only_is_told_and_keeps_what_it_has(
    small_disk: Path, model: Model
) -> None:
    root = small_disk / "models"
    run(root, model.url)
    old = model.version
    before = tree(root)
    model.write("config.json", b"{}")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(OperationError) as caught:
        run(root, model.url)
    assert str(caught.value) == (
        f"model m at {root}/.lock: Read-only file system; check the file system and who may write "
        "there"
    )
    with pytest.raises(OSError, match="Read-only file system"):
        scrub(root, model.url)
    assert run(root, model.url, check=True).changed
    (found,) = describe_models(str(root), "m", verify=True)
    assert (found["verified"], found["versions"]) == (True, [old])
    assert tree(root) == before
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    run(root, model.url)
    assert holds(root / model.version, model)


@pytest.mark.slow
def test_a_second_run_that_waits_too_long_says_who_holds_the_root(
    server: WebServer, model: Model, root: Path
) -> None:
    server.faults[SHARD] = [Fault("trickle", 500)]
    first = start(root, server.url)
    wait_for_size(root / ".staging" / model.digest[:12] / f"{SHARD}.part", 500)
    with pytest.raises(LockedError) as caught:
        run(root, server.url, timeout_seconds=1, clock=Clock())
    assert f"{root} is held by process {first.pid} for more than 1 s" in str(caught.value)
    assert result(first)["weights"]["verified"]
    assert holds(root / model.version, model)
