"""What the network sees of the mirror."""

# ruff: noqa: S101, S310  testinfra states what it needs with assert; every URL is http
from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import yaml

testinfra_hosts = ["ansible://mirror1"]

ADDRESS = "10.79.1.11"
APT = f"http://{ADDRESS}:8080/apt"
MODELS = f"http://{ADDRESS}:8080/models"
REGISTRY = f"http://{ADDRESS}:5000/v2"
PARTS = yaml.safe_load((Path(__file__).parents[3] / "catalogue/parts.yml").read_text())[
    "catalogue_parts"
]
# This machine is on the hosts' network; a proxy of its environment is not.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def status(url: str, method: str = "GET") -> int:
    try:
        with DIRECT.open(urllib.request.Request(url, method=method), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{APT}/dists/stable/InRelease", 200),
        (f"{MODELS}/{PARTS['smollm2-135m-instruct']['directory']}/SHA256SUMS", 200),
        (f"{REGISTRY}/{PARTS['pause']['image']}/tags/list", 200),
        (f"{REGISTRY}/{PARTS['pause']['image']}-absent/tags/list", 404),
        (f"http://{ADDRESS}:8080/", 404),
        (f"http://{ADDRESS}:8080/bundle.yml", 404),
        (f"{APT}/../registry/", 404),
    ],
)
def test_the_three_repositories_are_served_and_nothing_else(url: str, expected: int) -> None:
    assert status(url) == expected


def test_a_push_is_refused() -> None:
    assert status(f"{REGISTRY}/{PARTS['pause']['image']}/blobs/uploads/", "POST") == 405


def test_the_servers_listen_on_the_given_address_only(host: Any) -> None:
    sockets = [
        socket
        for socket in host.socket.get_listening_sockets()
        if socket.startswith("tcp://") and not socket.endswith(":22")
    ]
    assert sorted(sockets) == [f"tcp://{ADDRESS}:5000", f"tcp://{ADDRESS}:8080"]


@pytest.mark.parametrize(
    ("unit", "serving"),
    [
        ("baremetal-sglang-mirror", True),
        ("baremetal-sglang-registry", True),
        ("nginx", False),
        ("docker-registry", False),
    ],
)
def test_units_of_the_role_serve_and_not_those_of_the_distribution(
    host: Any, unit: str, serving: bool
) -> None:
    service = host.service(unit)
    assert (service.is_enabled, service.is_running) == (serving, serving)
