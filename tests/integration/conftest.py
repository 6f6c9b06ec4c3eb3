"""One API server for all integration tests; each test has a namespace of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from lab.crowds.api import ControlPlane
from lab.crowds.leaderworkerset import install_api
from tests.integration import prometheus
from tests.integration.control_plane import control_plane

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def bare_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server as kubeadm leaves it: without LeaderWorkerSet's API."""
    with control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        yield plane


@pytest.fixture(scope="session")
def plane(bare_plane: ControlPlane) -> ControlPlane:
    """The API server with LeaderWorkerSet's CustomResourceDefinition, from its chart."""
    install_api(bare_plane)
    return bare_plane


@pytest.fixture(scope="session")
def operated(bare_plane: ControlPlane) -> ControlPlane:
    """The API server with the definitions of the Prometheus Operator, from its module."""
    prometheus.install_api(bare_plane)
    return bare_plane


@pytest.fixture
def namespace(bare_plane: ControlPlane) -> str:
    """A fresh namespace."""
    name = f"test-{next(_NUMBERS)}"
    bare_plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name
