"""One API server for all integration tests; each test has a namespace of its own."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest
import yaml

from tests.integration.control_plane import ControlPlane, control_plane, part

CRD = "files/chart/crds/leaderworkerset.x-k8s.io_leaderworkersets.yaml"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def bare_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server as kubeadm leaves it: without LeaderWorkerSet's API."""
    with control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        yield plane


@pytest.fixture(scope="session")
def plane(bare_plane: ControlPlane) -> ControlPlane:
    """The API server with LeaderWorkerSet's CustomResourceDefinition, from its chart."""
    definition = yaml.safe_load((part("leaderworkerset") / CRD).read_text(encoding="utf-8"))
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    bare_plane.request("POST", crds, definition)
    _until_served(bare_plane, "/apis/leaderworkerset.x-k8s.io/v1")
    return bare_plane


@pytest.fixture
def namespace(bare_plane: ControlPlane) -> str:
    """A fresh namespace."""
    name = f"test-{next(_NUMBERS)}"
    bare_plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name


def _until_served(plane: ControlPlane, path: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            plane.request("GET", path)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
