"""What is left on the hosts and on the controller after the reset that ran before."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

PLAYBOOK = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "side_effect.yml"
INVENTORY = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "inventory"
KUBECONFIG = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "artifacts/kubeconfig"


def test_a_host_has_what_it_had_when_it_was_bare(host: Any) -> None:
    before = set(host.file("/root/bare").content_string.splitlines())
    after = set(host.check_output("sh /root/state.sh").splitlines())
    assert (sorted(before - after), sorted(after - before)) == ([], [])


def test_the_controller_has_no_kubeconfig() -> None:
    assert not KUBECONFIG.exists()


def test_a_second_reset_changes_nothing() -> None:
    run = subprocess.run(
        ["ansible-playbook", "--inventory", INVENTORY, PLAYBOOK],
        capture_output=True,
        text=True,
        check=False,
        # Molecule asks for colours where CI is set, and the recap is read below.
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"},
    )
    assert run.returncode == 0, run.stdout
    changes = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", run.stdout, re.MULTILINE)
    assert dict(changes) == {"cp1": "0", "node1": "0", "localhost": "0"}, run.stdout
