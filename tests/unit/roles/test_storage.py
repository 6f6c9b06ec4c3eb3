"""Role storage without disks and NFS, on this machine; with them it runs in tests/machines."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.lab_driver import changed_hosts
from tests.unit.roles.local_play import run_tasks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the directory belongs to root"),
]


def play(
    directory: Path, *arguments: str, tasks: str = "main", **values: Any
) -> subprocess.CompletedProcess[str]:
    """Run an entry point of the role with its place below ``directory``; show what it becomes."""
    given = {"storage_path": str(directory / "models"), **values}
    included = {"name": "baremetal.sglang.storage", "tasks_from": tasks}
    shown = {"msg": "becomes {{ __storage_becomes | default('unsaid') | to_json }}"}
    steps = [{"ansible.builtin.include_role": included}, {"ansible.builtin.debug": shown}]
    return run_tasks(directory, steps, given, *arguments)


def test_without_disks_and_nfs_the_directory_is_made_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "models"
    checked = play(tmp_path, "--check", "--diff")
    assert (checked.returncode, place.exists()) == (0, False), checked.stdout
    made = play(tmp_path)
    assert (made.returncode, changed_hosts(made.stdout)) == (0, {"node1": 1}), made.stdout
    assert place.stat().st_mode & 0o777 == 0o755
    again = play(tmp_path)
    assert (again.returncode, changed_hosts(again.stdout)) == (0, {"node1": 0})


def test_all_that_contradicts_itself_is_told_at_once(tmp_path: Path) -> None:
    refused = play(
        tmp_path,
        storage_devices=["ABSENT", "/dev/absent"],
        storage_discover=True,
        storage_nfs_source="nas",
        storage_nfs_connections=17,
    )
    assert refused.returncode != 0
    told = {line.strip().partition(": found")[0] for line in refused.stdout.splitlines()}
    assert {
        "node1: the place for the models cannot be made",
        "storage_discover",
        "storage_nfs_source",
        "storage_nfs_connections",
    } <= told
    assert "found nas, needed SERVER:/PATH" in refused.stdout
    assert changed_hosts(refused.stdout) == {"node1": 0}
    assert not (tmp_path / "models").exists()


def test_a_survey_says_what_the_place_becomes_and_changes_nothing(tmp_path: Path) -> None:
    as_it_is = play(tmp_path, tasks="survey.yml")
    assert "becomes {}" in as_it_is.stdout, as_it_is.stdout
    client = play(tmp_path, tasks="survey.yml", storage_nfs_source="192.0.2.1:/models")
    options = '{"vers": "4.2", "proto": "tcp", "nconnect": "8", "rsize": "1048576"}'
    assert f'"kind": "nfs", "filesystem": "nfs4", "disks": [], "options": {options}' in (
        " ".join(client.stdout.split())
    )
    assert changed_hosts(as_it_is.stdout) == changed_hosts(client.stdout) == {"node1": 0}
    assert not (tmp_path / "models").exists()


def test_a_survey_refuses_what_the_role_would_refuse(tmp_path: Path) -> None:
    refused = play(tmp_path, tasks="survey.yml", storage_devices=["ABSENT"])
    assert refused.returncode != 0
    assert "needed a disk with this serial number" in refused.stdout
