"""The command line says what is wrong before it does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.hosts import cli, ssh
from lab.hosts.definition import load
from lab.hosts.paths import CACHE_VARIABLE, DEFAULT_LAB_FILE, Cache


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    return tmp_path


def test_a_faulty_lab_file_ends_with_status_1_and_all_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lab.yml"
    file.write_text("name: X\nhosts: []\n")
    assert cli.main(["up", "--lab", str(file)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count(str(file)) == 3


def test_a_shell_into_a_lab_that_is_down_tells_how_to_bring_it_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["shell", "cp1"]) == 1
    assert capsys.readouterr().err == (
        f"error: lab default is not up; run: python -m lab.hosts up --lab {DEFAULT_LAB_FILE}\n"
    )


@pytest.mark.parametrize(
    "argv", [[], ["up", "--colour"], ["exec", "cp1"], ["down", "--all", "--name", "x"]]
)
def test_a_wrong_command_line_ends_with_status_2(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2


def test_ssh_checks_the_labs_own_host_keys() -> None:
    host = load(DEFAULT_LAB_FILE).hosts[0]
    argv = ssh.argv(host, Path("/c/key"), Path("/c/known"), ["true"])
    assert argv[:5] == ["ssh", "-F", "none", "-i", "/c/key"]
    assert "UserKnownHostsFile=/c/known" in argv
    assert "StrictHostKeyChecking=yes" in argv
    assert argv[-2:] == ["root@10.79.0.11", "true"]


def test_known_hosts_gives_each_key_for_name_and_address() -> None:
    hosts = load(DEFAULT_LAB_FILE).hosts[:2]
    text = ssh.known_hosts([(hosts[0], "ssh-ed25519 A"), (hosts[1], "ssh-ed25519 B")])
    assert text == "cp1,10.79.0.11 ssh-ed25519 A\nnode1,10.79.0.12 ssh-ed25519 B\n"


def test_the_cache_is_where_the_environment_says(tmp_path: Path) -> None:
    assert Cache.from_environment().lab("one").known_hosts == tmp_path / "labs/one/known_hosts"
