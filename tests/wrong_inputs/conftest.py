"""Two hosts for all wrong inputs, compared before and after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wrong_inputs import rehearsal
from tests.wrong_inputs.case import Site


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--alone",
        action="store_true",
        help="run each wrong input by itself; -k then takes its name",
    )


@pytest.fixture(scope="session")
def base() -> Iterator[Site]:
    """The base site on booted hosts; fails in the end if a host was changed."""
    rehearsal.lab("up")
    try:
        site = rehearsal.base_site()
        rehearsal.write_bundle(site)
        before = {host: rehearsal.snapshot(host) for host in rehearsal.HOSTS}
        yield site
        assert {host: rehearsal.snapshot(host) for host in rehearsal.HOSTS} == before
    finally:
        rehearsal.lab("down")
