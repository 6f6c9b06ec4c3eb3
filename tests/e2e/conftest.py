"""One lab for all end-to-end tests; they run in the order of their files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.rehearsal import HOSTS, SITE, host_state
from tests.lab_driver import Run


@pytest.fixture(scope="session")
def bare_hosts() -> Iterator[None]:
    """Hosts of the lab that were just booted; gone when the tests are over."""
    SITE.lab("down")
    SITE.lab("up")
    yield
    SITE.lab("down")


@pytest.fixture(scope="session")
def bare_state(bare_hosts: None) -> dict[str, dict[str, str]]:
    """Packages and checksums of every host before anything ran on it."""
    return {host: host_state(host) for host in HOSTS}


@pytest.fixture(scope="session")
def served(bare_state: dict[str, dict[str, str]]) -> Run:
    """The first run of the site on bare hosts, as verbose as Ansible can be."""
    run = SITE.play("site", "-vvv", log="site-bare")
    assert run.status == 0, run.output[-6000:]
    return run
