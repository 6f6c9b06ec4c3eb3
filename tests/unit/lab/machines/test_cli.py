"""The command line says what is wrong before it does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.hosts.paths import CACHE_VARIABLE
from lab.machines import cli
from lab.machines.paths import DEFAULT_FILE


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    return tmp_path


def test_a_faulty_lab_file_ends_with_status_1_and_all_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lab.yml"
    file.write_text("name: X\nmachines: []\n")
    assert cli.main(["up", "--lab", str(file)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count(str(file)) == 3


def test_a_shell_into_machines_that_are_down_tells_how_to_bring_them_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["shell", "vm1"]) == 1
    assert capsys.readouterr().err == (
        f"error: lab machines is not up; run: python -m lab.machines up --lab {DEFAULT_FILE}\n"
    )


def test_a_disk_that_the_lab_file_lacks_is_told_before_anything_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["unplug", "vm1", "LAB0001"]) == 1
    assert capsys.readouterr().err == (
        "error: machine vm1 has no disk LAB0001 in the lab file; it has none\n"
    )


@pytest.mark.parametrize(
    "argv", [[], ["up", "--online"], ["exec", "vm1"], ["poweroff"], ["plug", "vm1"]]
)
def test_a_wrong_command_line_ends_with_status_2(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2
