"""The program that runs on a node, run by a Python that has nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.action.weights_program import (
    ENTRY,
    MODULE_UTILS,
    PARTS,
)
from ansible_collections.baremetal.sglang.plugins.plugin_utils.program import make_program

from tests.unit.plugins.module_utils.weights.bench import SHARDS, Model, make_model, run
from tests.unit.plugins.module_utils.weights.scrubs import configuration, rot, state
from tests.unit.plugins.module_utils.weights.test_killed import wait_for_size

# A node's own Python, without what this test runs in.
PYTHON = "/usr/bin/python3"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "weights-scrub.pyz"
    path.write_bytes(make_program(MODULE_UTILS, PARTS, ENTRY))
    return path


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return make_model(tmp_path / "source")


@pytest.fixture
def root(tmp_path: Path, model: Model) -> Path:
    run(tmp_path / "models", model.url)
    return tmp_path / "models"


def start(program: Path, content: dict[str, object], *arguments: str) -> subprocess.Popen[str]:
    path = program.with_name("m.json")
    path.write_text(json.dumps(content))
    return subprocess.Popen(
        [PYTHON, "-I", str(program), *arguments, str(path)],
        env={},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_same_source_gives_the_same_bytes_whatever_lies_beside_it(tmp_path: Path) -> None:
    copied = tmp_path / "module_utils"
    shutil.copytree(MODULE_UTILS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copied.rglob("*.py"):
        os.utime(path, (0, 0))
    (copied / "weights" / "__pycache__").mkdir()
    (copied / "weights" / "__pycache__" / "scrub.cpython-313.pyc").write_bytes(b"compiled")
    assert make_program(copied, PARTS, ENTRY) == make_program(MODULE_UTILS, PARTS, ENTRY)


def test_it_holds_the_parts_and_nothing_else(program: Path) -> None:
    names = zipfile.ZipFile(program).namelist()
    parts = {
        "/".join(name.split("/")[5:7]).split("/")[0] for name in names if "module_utils" in name
    }
    assert parts == {"__init__.py", "change.py", "weights"}


@pytest.mark.slow
def test_a_python_without_any_package_repairs_a_file(
    program: Path, model: Model, root: Path
) -> None:
    rot(root / model.version / SHARDS[0])
    process = start(program, configuration(root, [model.url], metrics_directory=str(root)))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "m: every byte is right"
    assert (root / "m" / SHARDS[0]).read_bytes() == (model.path / SHARDS[0]).read_bytes()
    assert (root / "baremetal_sglang_weights_m.prom").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_that_is_ended_goes_on_where_it_was(
    number: signal.Signals, program: Path, model: Model, root: Path
) -> None:
    published = root / model.version
    names = [line.split()[1] for line in (published / "SHA256SUMS").read_text().splitlines()]
    rot(published / names[-1])
    sizes = [(model.path / name).stat().st_size for name in names]
    # A shard then takes longer than the time between two writes of the state.
    slow = configuration(root, [model.url], bytes_per_second=38_000)
    process = start(program, slow)
    try:
        wait_for_size(published / ".scrub.json", 1)
        wait_for_position(published, 1)
    finally:
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == {signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
    before = state(root, model.version)
    assert 0 < before["position"] < len(names)
    assert before["read_bytes"] == sum(sizes[: before["position"]])
    process = start(program, configuration(root, [model.url]))
    out, _err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"goes on after {before['position']} of {len(names)} files" in out
    # Every file once, and the one that was wrong a second time before its repair.
    assert state(root, model.version)["read_bytes"] == sum(sizes) + sizes[-1]
    digests = {name: hashlib.sha256((published / name).read_bytes()).hexdigest() for name in names}
    right = {name: hashlib.sha256((model.path / name).read_bytes()).hexdigest() for name in names}
    assert digests == right


def wait_for_position(published: Path, position: int) -> None:
    deadline = time.monotonic() + 60
    while json.loads((published / ".scrub.json").read_text())["position"] < position:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the scrub did not come to file {position}")
        time.sleep(0.05)
