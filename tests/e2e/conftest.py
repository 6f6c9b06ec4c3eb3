"""One lab for all end-to-end tests; they run in the order of their files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import rehearsal


@pytest.fixture(scope="session")
def logs() -> Path:
    """Directory of the runs' output."""
    path = rehearsal.ROOT / "artifacts" / "e2e"
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture(scope="session")
def bare_hosts() -> Iterator[None]:
    """Hosts of the lab that were just booted; gone when the tests are over."""
    rehearsal.fresh_lab()
    yield
    rehearsal.lab("down")


@pytest.fixture(scope="session")
def bare_state(bare_hosts: None) -> dict[str, dict[str, str]]:
    """Packages and checksums of every host before anything ran on it."""
    return {host: rehearsal.host_state(host) for host in rehearsal.HOSTS}


@pytest.fixture(scope="session")
def served(bare_state: dict[str, dict[str, str]], logs: Path) -> rehearsal.Run:
    """The first run of the site on bare hosts, as verbose as Ansible can be."""
    run = rehearsal.play("site", "-vvv", log=logs / "site-bare.log")
    assert run.status == 0, run.output[-6000:]
    return run
