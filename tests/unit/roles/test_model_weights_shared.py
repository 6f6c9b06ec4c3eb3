"""Role model_weights on a host that mounts the weights of another; over NFS in tests/machines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.lab_driver import changed_hosts
from tests.unit.plugins.module_utils.weights.bench import SHARDS, Model, make_model, run, tree
from tests.unit.roles.local_play import run_tasks

pytestmark = pytest.mark.slow


def look(root: Path, digest: str) -> subprocess.CompletedProcess[str]:
    """The entry point on this machine, without a pause between two looks."""
    given = {
        "model_weights_name": "m",
        "model_weights_destination": str(root),
        "model_weights_digest": digest,
        "__model_weights_look_seconds": 0,
    }
    role = {"name": "baremetal.sglang.model_weights", "tasks_from": "shared.yml"}
    task = {"ansible.builtin.include_role": role}
    return run_tasks(root.parent, [task], given)


@pytest.fixture
def published(tmp_path: Path) -> tuple[Path, Model]:
    """A weights root that another host filled."""
    model = make_model(tmp_path / "source")
    root = tmp_path / "models"
    run(root, model.url)
    return root, model


@pytest.mark.parametrize("pinned", [True, False])
def test_a_host_that_sees_the_model_whole_is_left_as_it_is(
    published: tuple[Path, Model], pinned: bool
) -> None:
    root, model = published
    before = tree(root)
    looked = look(root, model.digest if pinned else "")
    assert (looked.returncode, changed_hosts(looked.stdout)) == (0, {"node1": 0}), looked.stdout
    assert tree(root) == before


def test_a_host_that_sees_half_a_model_is_refused(published: tuple[Path, Model]) -> None:
    root, model = published
    (root / model.version / SHARDS[0]).unlink()
    looked = look(root, model.digest)
    assert looked.returncode != 0
    assert f"node1: found {root / model.version} of m in {root}, which" in looked.stdout
    assert f"needed one that is whole, with the digest {model.digest}; look at" in looked.stdout


def test_a_host_that_sees_another_version_is_refused(published: tuple[Path, Model]) -> None:
    root, model = published
    looked = look(root, "0" * 64)
    assert looked.returncode != 0
    assert f"found {root / model.version} of m" in looked.stdout


def test_a_host_where_nothing_is_mounted_is_refused(tmp_path: Path) -> None:
    looked = look(tmp_path / "models", "")
    assert looked.returncode != 0
    assert f"node1: found no version of m in {tmp_path / 'models'}" in looked.stdout
