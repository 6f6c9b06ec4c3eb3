from __future__ import annotations

from pathlib import Path

from lab.crowds.processes import running

ETCD = "/cache/bundle/parts/etcd-server/1/bin/etcd"


def process(proc: Path, pid: int, *argv: str) -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "cmdline").write_bytes("\0".join([*argv, ""]).encode())


def test_a_program_is_found_by_its_directory(tmp_path: Path) -> None:
    process(tmp_path, 7, ETCD, "--data-dir=/cache/crowds/a/etcd", "--unsafe-no-fsync")
    assert running(Path("/cache/crowds/a"), proc=tmp_path) == {7: ETCD}


def test_what_only_looks_alike_is_left_alone(tmp_path: Path) -> None:
    process(tmp_path, 1, ETCD, "--data-dir=/cache/crowds/ab/etcd")
    process(tmp_path, 2, "/usr/bin/tail", "-f", "/cache/crowds/a/etcd.log")
    process(tmp_path, 3, ETCD)
    process(tmp_path, 4)
    (tmp_path / "5").mkdir()
    (tmp_path / "version").write_text("Linux")
    assert running(Path("/cache/crowds/a"), proc=tmp_path) == {}
