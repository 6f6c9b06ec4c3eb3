"""Packages without what is not needed, in archives that fit a call."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from tests.gpu import pack


def site(directory: Path, sizes: dict[str, int]) -> Path:
    for name, size in sizes.items():
        file = directory / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(size))
    return directory / "site"


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as content:
        return content.namelist()


def folders(directory: Path) -> list[Path]:
    found = [directory / name for name in pack.FOLDERS]
    for folder in found:
        folder.mkdir()
    return found


def test_kernels_that_hopper_does_not_need_stay_behind(tmp_path: Path) -> None:
    made = site(
        tmp_path,
        {
            "sgl_kernel/__init__.py": 1,
            "sgl_kernel/flash_ops.abi3.so": 1,
            "sgl_kernel/sm90/common_ops.abi3.so": 1,
            "sgl_kernel/sm100/common_ops.abi3.so": 1,
            "sglang/__pycache__/version.cpython-312.pyc": 1,
            "sglang/version.py": 1,
            "bin/ninja": 1,
        },
    )
    assert [str(name) for name in pack.wanted(made)] == [
        "sgl_kernel/__init__.py",
        "sgl_kernel/sm90/common_ops.abi3.so",
        "sglang/version.py",
    ]


def test_each_file_is_in_one_archive_and_the_first_is_closed_when_full(tmp_path: Path) -> None:
    # The archive's size is seen in steps of the file's buffer.
    made = site(tmp_path, {"a": 200_000, "b": 200_000, "c": 200_000, "d": 200_000})
    first, second = pack.fill(made, folders(tmp_path), enough=300_000)
    assert (names(first), names(second)) == (["a", "b"], ["c", "d"])


def test_the_last_archive_takes_all_that_is_left(tmp_path: Path) -> None:
    made = site(tmp_path, {"a": 200_000, "b": 200_000, "c": 200_000})
    first, second = pack.fill(made, folders(tmp_path), enough=1)
    assert (names(first), names(second)) == (["a"], ["b", "c"])


def test_an_archive_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "site.zip"
    archive.write_bytes(b"x" * 11)
    pack.check([archive], 11)
    with pytest.raises(pack.PackError, match=r"site\.zip: 11 bytes, at most 10 fit"):
        pack.check([archive], 10)
