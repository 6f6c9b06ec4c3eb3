"""What the controller asks about."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe import files


def test_a_text_is_returned_or_the_reason_for_none(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("schema: 1\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(files.LARGEST_TEXT + 1)
    assert files.text(tmp_path, "/a.yml") == {"text": "schema: 1\n", "error": ""}
    assert files.text(tmp_path, "/b.yml")["error"] == "no such file or directory"
    assert files.text(tmp_path, "/")["error"] == "is a directory"
    assert files.text(tmp_path, "/binary")["error"] == "not UTF-8 text"
    assert files.text(tmp_path, "/large")["error"] == "larger than 4194304 bytes"


def test_a_listing_has_the_size_of_each_file_below(tmp_path: Path) -> None:
    (tmp_path / "m/sub").mkdir(parents=True)
    (tmp_path / "m/a").write_text("12")
    (tmp_path / "m/sub/b").write_text("123")
    (tmp_path / "m/dangling").symlink_to("nowhere")
    (tmp_path / "link").symlink_to("m")
    listing = {"exists": True, "files": {"a": 2, "sub/b": 3}}
    assert files.listing(tmp_path, "/m") == listing
    assert files.listing(tmp_path, "/link") == listing
    assert files.listing(tmp_path, "/none") == {"exists": False, "files": {}}


def test_existing_paths_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert files.existing(tmp_path, ["/a", "/b"]) == ["/a"]


def test_blobs_are_digests(tmp_path: Path) -> None:
    assert files.blobs(tmp_path) == []
    store = tmp_path / files.CONTENT_STORE
    store.mkdir(parents=True)
    (store / "bb").touch()
    (store / "aa").touch()
    assert files.blobs(tmp_path) == ["sha256:aa", "sha256:bb"]
