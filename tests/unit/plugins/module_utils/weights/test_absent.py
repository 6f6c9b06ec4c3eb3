from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    run,
    tree,
    weights_of,
)


@pytest.fixture
def full(server: WebServer, model: Model, root: Path) -> Path:
    """A root with two versions of m, a begun third one, and another model."""
    run(root, server.url)
    run(root, server.url, name="other")
    model.write("config.json", b"{}")
    run(root, server.url)
    model.write(SHARDS[0], (model.path / SHARDS[0]).read_bytes() + b"")
    model.write("config.json", b'{"third": true}')
    server.faults["config.json"] = [Fault("die", 3)]
    with pytest.raises(WeightsError):
        run(root, server.url, retries=0)
    return root


def held_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def test_link_versions_and_staging_of_the_model_go_and_nothing_else(full: Path) -> None:
    others = {name: value for name, value in tree(full).items() if name.startswith("other")}
    versions = sorted(name for name in os.listdir(full) if name.startswith("m@"))
    (staging,) = os.listdir(full / ".staging")
    held = {name: held_bytes(full / name) for name in versions}
    begun = held_bytes(full / ".staging" / staging)
    change = run(full, "", state="absent")
    assert change.actions == (
        "remove the link m",
        *(f"remove {name} ({held[name]} bytes)" for name in versions),
        f"remove .staging/{staging} ({begun} bytes)",
    )
    assert change.before["versions"] == held
    assert change.before["staging"] == {staging: begun}
    assert change.after == {}
    assert {
        name: v for name, v in tree(full).items() if name not in (".lock", ".staging")
    } == others
    assert os.listdir(full / ".staging") == []


def test_check_mode_names_the_same_and_removes_nothing(full: Path) -> None:
    before = tree(full)
    planned = run(full, "", state="absent", check=True)
    assert tree(full) == before
    assert run(full, "", state="absent") == planned


def test_a_second_removal_changes_nothing(full: Path) -> None:
    run(full, "", state="absent")
    before = tree(full)
    change = run(full, "", state="absent")
    assert (change.changed, change.before, change.after) == (False, {}, {})
    assert tree(full) == before


def test_a_root_that_was_never_made_is_not_made(root: Path) -> None:
    assert not run(root, "", state="absent").changed
    assert not root.parent.exists()


def test_staging_that_a_run_left_before_its_record_goes_too(root: Path) -> None:
    (root / ".staging" / ("0" * 12)).mkdir(parents=True)
    assert run(root, "", state="absent").actions == (f"remove .staging/{'0' * 12} (0 bytes)",)
    assert os.listdir(root / ".staging") == []


def test_the_result_has_the_keys_of_a_landing(full: Path, server: WebServer) -> None:
    landed = weights_of(run(full, server.url))
    removed = weights_of(run(full, "", state="absent"))
    assert removed.keys() == landed.keys()
    assert {k: type(v) for k, v in removed.items()} == {k: type(v) for k, v in landed.items()}


def test_a_directory_in_the_links_place_is_left_alone(root: Path) -> None:
    (root / "m").mkdir(parents=True)
    (root / "m" / "precious").touch()
    with pytest.raises(WeightsError, match="exists and is not a link of this module"):
        run(root, "", state="absent")
    assert (root / "m" / "precious").exists()


def test_one_version_goes_by_its_digest_and_the_model_stays_in_use(
    server: WebServer, model: Model, root: Path
) -> None:
    run(root, server.url)
    old, digest = model.version, model.digest
    model.write("config.json", b"{}")
    run(root, server.url)
    kept = {n: v for n, v in tree(root).items() if n.startswith(("m/", "m", model.version))}
    kept = {n: v for n, v in kept.items() if not n.startswith(old)}
    held = held_bytes(root / old)
    before = tree(root)
    planned = run(root, "", state="absent", digest=digest, check=True)
    assert tree(root) == before
    change = run(root, "", state="absent", digest=digest)
    assert planned == change
    assert change.actions == (f"remove {old} ({held} bytes)",)
    assert change.before == {"link": "", "versions": {old: held}, "staging": {}}
    assert not (root / old).exists()
    assert {n: v for n, v in tree(root).items() if n in kept} == kept
    assert not run(root, "", state="absent", digest=digest).changed


def test_the_version_in_use_does_not_go_alone(model: Model, root: Path) -> None:
    run(root, model.url)
    before = tree(root)
    with pytest.raises(WeightsError) as caught:
        run(root, "", state="absent", digest=model.digest)
    assert str(caught.value) == (
        f"{root / model.version} is the version that {root / 'm'} names; link another one first "
        "(state present with its digest), or leave the digest out to remove the whole model"
    )
    assert tree(root) == before


def test_a_version_that_began_to_land_goes_by_its_digest(full: Path, model: Model) -> None:
    (staging,) = os.listdir(full / ".staging")
    assert staging == model.digest[:12]
    change = run(full, "", state="absent", digest=model.digest)
    assert [action.split(" (")[0] for action in change.actions] == [f"remove .staging/{staging}"]
    assert os.listdir(full / ".staging") == []
    assert len([name for name in os.listdir(full) if name.startswith("m@")]) == 2
