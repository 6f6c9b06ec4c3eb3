from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    LockedError,
    WeightsError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    make_directories,
    remove_tree,
    signature_of,
    write_file,
)


def ticking() -> tuple[Clock, list[float]]:
    """A clock that only moves when somebody sleeps."""
    slept: list[float] = []
    return Clock(monotonic=lambda: sum(slept), sleep=slept.append), slept


def test_only_names_with_a_version_are_models(tmp_path: Path) -> None:
    for name in (f"b@{'0' * 12}", f"a@{'1' * 12}", f"a@{'2' * 12}", "a@short", "plain", ".staging"):
        (tmp_path / name).mkdir()
    root = WeightsRoot(str(tmp_path))
    assert root.names() == ("a", "b")
    assert root.versions("a") == (f"a@{'1' * 12}", f"a@{'2' * 12}")
    assert root.versions("plain") == ()


def test_a_root_that_is_not_there_is_empty_and_has_its_parents_space(tmp_path: Path) -> None:
    root = WeightsRoot(str(tmp_path / "a" / "b"))
    assert (root.names(), root.stagings(), root.link_target("m")) == ((), (), "")
    assert root.free_bytes() > 0
    assert root.block_bytes() == os.statvfs(tmp_path).f_frsize


def test_a_held_root_is_waited_for_and_then_told_with_its_holder(tmp_path: Path) -> None:
    root = WeightsRoot(str(tmp_path))
    clock, slept = ticking()
    with root.lock(1, Clock()), pytest.raises(LockedError) as caught, root.lock(3, clock):
        pass
    assert sum(slept) == pytest.approx(3, abs=0.3)
    assert str(caught.value) == (
        f"{tmp_path} is held by process {os.getpid()} for more than 3 s; "
        "wait for it or end it, then run again"
    )


def test_a_root_that_becomes_free_is_taken(tmp_path: Path) -> None:
    root = WeightsRoot(str(tmp_path))
    release, held = threading.Event(), threading.Event()

    def hold() -> None:
        with root.lock(1, Clock()):
            held.set()
            release.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)

    def let_go(_seconds: float) -> None:
        release.set()
        thread.join()

    with root.lock(5, Clock(sleep=let_go)):
        assert not thread.is_alive()


def test_a_lock_leaves_nothing_that_differs_from_run_to_run(tmp_path: Path) -> None:
    root = WeightsRoot(str(tmp_path))
    with root.lock(1, Clock()):
        pass
    before = (tmp_path / ".lock").stat()
    with root.lock(1, Clock()):
        pass
    assert (tmp_path / ".lock").stat() == before


def test_a_link_replaces_the_one_before_it_and_what_a_killed_run_left(tmp_path: Path) -> None:
    root = WeightsRoot(str(tmp_path))
    (tmp_path / ".link-m").symlink_to("left by a killed run")
    root.set_link("m", str(tmp_path / "m@1"))
    root.set_link("m", str(tmp_path / "m@2"))
    assert root.link_target("m") == "m@2"
    assert os.listdir(tmp_path) == ["m"]


def test_directories_made_by_several_threads_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c"
    threads = [threading.Thread(target=make_directories, args=(str(path),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.is_dir()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"before")
    before = path.stat().st_ino
    write_file(str(path), b"after")
    assert path.read_bytes() == b"after"
    assert path.stat().st_ino != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(tmp_path) == ["f"]


def test_only_a_regular_file_has_a_signature(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    found = signature_of(str(tmp_path / "file"))
    assert found is not None
    assert found.inode == (tmp_path / "file").stat().st_ino
    for name in ("link", "pipe", ".", "nothing", "file/below"):
        assert signature_of(str(tmp_path / name)) is None


def test_removing_takes_trees_files_and_links_but_not_what_a_link_names(tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to("kept")
    (tmp_path / "file").touch()
    for name in ("tree", "link", "file", "nothing"):
        remove_tree(str(tmp_path / name))
    assert os.listdir(tmp_path) == ["kept"]


def test_an_empty_directory_in_the_links_place_gives_way_and_a_full_one_does_not(
    tmp_path: Path,
) -> None:
    root = WeightsRoot(str(tmp_path))
    (tmp_path / "m").mkdir()
    assert root.link_target("m") == ""
    root.set_link("m", str(tmp_path / "m@1"))
    assert root.link_target("m") == "m@1"
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "file").touch()
    with pytest.raises(WeightsError, match="exists and is not a link of this module"):
        root.link_target("n")
