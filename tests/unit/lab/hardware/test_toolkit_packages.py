"""Packages of real programs, and libraries that answer as a driver of one version."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import pytest

from lab.hardware.packages import build
from lab.hardware.toolkit_packages import (
    FILES,
    LATER_TOOLKIT,
    PROGRAMS,
    build_driver,
    driver_versions,
    repositories,
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A part with files of the names that the real one has."""
    for name in FILES:
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / name).write_text(f"{name}\n")
    for name in PROGRAMS:
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_bytes(b"\x7fELF")
    return tmp_path


def test_the_package_of_the_catalogue_and_a_later_one(source: Path) -> None:
    made = [
        (package.name, package.version) for package in repositories("1.2.3-1", source)["toolkit"]
    ]
    assert made == [
        ("nvidia-container-toolkit-base", "1.2.3-1"),
        ("nvidia-container-toolkit-base", LATER_TOOLKIT),
    ]


@pytest.mark.slow
def test_programs_and_units_lie_where_nvidias_package_has_them(
    source: Path, tmp_path: Path
) -> None:
    build(repositories("1.2.3-1", source)["toolkit"][0], tmp_path)
    package = tmp_path / "nvidia-container-toolkit-base_1.2.3-1_amd64.deb"
    shown = subprocess.run(
        ["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True
    ).stdout
    rows = {row.split()[-1]: row.split()[0] for row in shown.splitlines()}
    assert rows["./usr/bin/nvidia-ctk"] == "-rwxr-xr-x"
    assert rows["./usr/lib/systemd/system/nvidia-cdi-refresh.path"] == "-rw-r--r--"
    ordering = "./usr/lib/systemd/system/nvidia-cdi-refresh.service.d/10-container-engines.conf"
    assert ordering in rows


def test_a_later_driver_is_of_the_same_branch() -> None:
    assert driver_versions({"version": "580.1.2"}) == ("580.1.2", "580.999.01")


@pytest.mark.slow
def test_the_simulated_library_answers_with_its_version(tmp_path: Path) -> None:
    build_driver("580.1.2", tmp_path)
    assert (tmp_path / "libcuda.so.580.1.2").exists()
    nvml = ctypes.CDLL(str(tmp_path / "libnvidia-ml.so.580.1.2"))
    text = ctypes.create_string_buffer(80)
    assert nvml.nvmlSystemGetDriverVersion(text, 80) == 0
    assert text.value == b"580.1.2"
    assert nvml.nvmlSystemGetDriverVersion(text, 3) == 7  # NVML_ERROR_INSUFFICIENT_SIZE
    nvml.nvmlErrorString.restype = ctypes.c_char_p
    assert nvml.nvmlErrorString(9) == b"Driver Not Loaded"
