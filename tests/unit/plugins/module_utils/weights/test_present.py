"""Runs of model_weights against a real directory or a real web server, on a real file system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import (
    InputError,
    OperationError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError

from tests.unit.plugins.module_utils.weights.bench import (
    INDEX,
    SHARDS,
    Model,
    WebServer,
    run,
    safetensors,
    tree,
    weights_of,
)


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_a_model_lands_whole_and_is_linked(
    scheme: str, model: Model, server: WebServer, root: Path
) -> None:
    change = run(root, {"file": model.url, "http": server.url}[scheme])
    version = root / model.version
    assert os.readlink(root / "m") == model.version
    assert sorted(str(p.relative_to(version)) for p in version.rglob("*") if p.is_file()) == sorted(
        [*model.names, "SHA256SUMS", ".verified.json"]
    )
    for name in (*model.names, "SHA256SUMS"):
        assert (version / name).read_bytes() == (model.path / name).read_bytes()
    assert os.listdir(root / ".staging") == []
    weights = weights_of(change)
    assert weights["seconds"] > 0
    assert weights["bytes_per_second"] > 0
    assert sum(pull["bytes"] for pull in weights["pulls"]) == model.size
    measured = ("seconds", "bytes_per_second", "pulls")
    assert {key: weights[key] for key in weights if key not in measured} == {
        "name": "m",
        "digest": model.digest,
        "path": str(version),
        "link": str(root / "m"),
        "files": 5,
        "bytes": model.size,
        "verified": True,
        "to_fetch_files": 5,
        "to_fetch_bytes": model.size,
        "largest_bytes": max((model.path / name).stat().st_size for name in model.names),
        "left_bytes": 0,
        "mismatches": [],
        "fetched_bytes": model.size,
        "resumed_bytes": 0,
        "retries": 0,
        "other_versions": [],
        "other_staging": [],
    }


def test_directories_and_files_are_readable_by_every_user_under_any_umask(
    model: Model, root: Path
) -> None:
    before = os.umask(0o077)
    try:
        run(root, model.url)
    finally:
        os.umask(before)
    modes = {p: oct(p.stat().st_mode & 0o7777) for p in [root, root.parent, *root.rglob("*")]}
    modes.pop(root / ".lock")
    assert {mode for p, mode in modes.items() if p.is_dir()} == {"0o755"}
    assert {mode for p, mode in modes.items() if p.is_file()} == {"0o644"}


def test_check_mode_says_what_a_run_would_do_and_leaves_no_trace(
    server: WebServer, model: Model, root: Path
) -> None:
    planned = run(root, server.url, check=True)
    assert not root.parent.exists()
    assert server.asked("GET") == [("SHA256SUMS", ""), (INDEX, "")]
    done = run(root, server.url)
    assert planned.changed
    assert (
        planned.actions
        == done.actions
        == (
            f"fetch 5 files ({model.size} bytes) from {server.url}",
            f"publish {model.version}",
            f"link m to {model.version}",
        )
    )
    assert (planned.before, planned.after) == (done.before, done.after)
    assert weights_of(planned).keys() == weights_of(done).keys()
    assert not weights_of(planned)["verified"]
    assert weights_of(planned)["fetched_bytes"] == 0


def test_the_diff_names_link_versions_and_each_file_with_its_digest(
    model: Model, root: Path
) -> None:
    change = run(root, model.url, check=True)
    assert change.before == {}
    assert change.after["link"] == model.version
    assert change.after["versions"] == [model.version]
    assert sorted(change.after["files"]) == model.names


def test_a_second_run_reads_no_file_and_changes_nothing(
    server: WebServer, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, server.url)
    before = tree(root)
    server.requests.clear()
    # A file that cannot be opened proves that none is.
    opened: list[str] = []
    real_open = open

    def watched(path: str, *values: object, **named: object) -> object:
        opened.append(str(path))
        return real_open(path, *values, **named)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", watched)
    change = run(root, server.url)
    monkeypatch.undo()
    assert not change.changed
    assert change.before == change.after
    assert server.requests == [("GET", "SHA256SUMS", "")]
    assert {os.path.basename(path) for path in opened} == {"SHA256SUMS", ".verified.json"}
    assert tree(root) == before


def test_a_pinned_model_that_is_there_does_not_need_its_source(model: Model, root: Path) -> None:
    run(root, model.url, digest=model.digest)
    change = run(root, "http://127.0.0.1:9/gone", digest=model.digest)
    assert not change.changed


def test_a_list_other_than_the_pinned_one_is_refused_before_any_change(
    model: Model, root: Path
) -> None:
    with pytest.raises(InputError) as caught:
        run(root, model.url, digest="0" * 64)
    assert str(caught.value) == (
        f"{model.url}/SHA256SUMS is refused: its SHA-256 is {model.digest}, "
        f"digest {'0' * 64} is needed"
    )
    assert not root.parent.exists()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"{'a' * 64}  ../escape\n", "leaves the model directory"),
        (f"{'a' * 64}  config.json\n", "listed more than once"),
        ("nonsense\n", "is not '<64 hex digits>"),
    ],
)
def test_a_bad_list_is_refused_before_any_change(
    line: str, fault: str, model: Model, root: Path
) -> None:
    with (model.path / "SHA256SUMS").open("a") as file:
        file.write(line)
    with pytest.raises(InputError, match=fault):
        run(root, model.url)
    assert not root.parent.exists()


def test_an_index_that_names_an_unlisted_shard_is_refused_before_any_change(
    model: Model, root: Path
) -> None:
    (model.path / SHARDS[1]).unlink()
    model.write_list()
    with pytest.raises(InputError, match=f"{SHARDS[1]} is named by {INDEX} and is not in the list"):
        run(root, model.url)
    assert not root.parent.exists()
    assert run(root, model.url, checks=["safetensors"]).changed


def test_an_index_with_the_wrong_digest_is_refused_before_any_change(
    model: Model, root: Path
) -> None:
    model.flip(INDEX)
    with pytest.raises(WeightsError, match=f"file {INDEX} has SHA-256"):
        run(root, model.url)
    assert not root.parent.exists()


def test_a_listed_file_that_the_source_lacks_is_an_error_before_any_change(
    server: WebServer, model: Model, root: Path
) -> None:
    (model.path / SHARDS[0]).unlink()
    with pytest.raises(WeightsError, match=f"{server.url}/{SHARDS[0]}: the server answers 404"):
        run(root, server.url)
    assert not root.parent.exists()


def test_a_header_that_lies_is_found_though_the_digest_is_right(model: Model, root: Path) -> None:
    whole = safetensors("layer.0", 1000)
    model.write(SHARDS[0], whole[:-100])
    with pytest.raises(WeightsError) as caught:
        run(root, model.url)
    assert str(caught.value) == (
        f"{model.url}/{SHARDS[0]}: its digest is the listed one, but it is no whole safetensors "
        "file: the tensors end at byte 4000, the file holds 3900 bytes of them; replace the file "
        "at the source and write SHA256SUMS anew"
    )
    assert not (root / "m").exists()
    assert not (root / model.version).exists()
    assert run(root, model.url, checks=["index"]).changed


def test_a_shard_without_the_tensors_of_the_index_is_found(model: Model, root: Path) -> None:
    model.write(SHARDS[0], safetensors("another", 10))
    with pytest.raises(WeightsError, match=r"tensor layer\.0 is missing, the index places it here"):
        run(root, model.url)


def test_something_else_in_the_links_place_is_refused_before_any_change(
    model: Model, root: Path
) -> None:
    (root / "m").mkdir(parents=True)
    (root / "m" / "precious").touch()
    before = tree(root)
    with pytest.raises(WeightsError, match="exists and is not a link of this module"):
        run(root, model.url)
    assert tree(root) == before


def test_a_link_that_leads_nowhere_is_set_right(model: Model, root: Path) -> None:
    run(root, model.url)
    (root / "m").unlink()
    (root / "m").symlink_to("m@000000000000")
    assert run(root, model.url).actions == (f"link m to {model.version}",)


def test_check_mode_takes_a_source_that_does_not_answer_as_not_asked(root: Path) -> None:
    source = "http://127.0.0.1:9/m"
    change = run(root, source, check=True)
    assert change.actions == (f"fetch m from {source} (files and bytes not asked)",)
    assert "Connection refused" in change.warnings[0]
    assert not root.parent.exists()
    with pytest.raises(WeightsError, match=r"no answer .*Connection refused"):
        run(root, source)
    assert not root.parent.exists()


def test_an_empty_file_lands(model: Model, server: WebServer, root: Path) -> None:
    model.write("empty", b"")
    run(root, server.url)
    assert (root / model.version / "empty").read_bytes() == b""


def test_names_that_a_url_must_quote_land(model: Model, server: WebServer, root: Path) -> None:
    model.write("a b#c?d%20ä.txt", b"quoted")
    run(root, server.url)
    assert (root / model.version / "a b#c?d%20ä.txt").read_bytes() == b"quoted"


def test_a_root_that_cannot_be_made_is_a_clear_error(model: Model, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        OperationError, match=r"model m at .*/file.*: (Not a directory|File exists)"
    ):
        run(tmp_path / "file" / "models", model.url)
