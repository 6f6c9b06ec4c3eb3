"""What a pod reaches, asked from the network of a pod on each host."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

HOSTS = ("cp1", "node1")
testinfra_hosts = [f"ansible://{name}" for name in HOSTS]

KUBECONFIG = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "artifacts/kubeconfig"
PAUSE = yaml.safe_load((Path(__file__).parents[3] / "catalogue/parts.yml").read_text())[
    "catalogue_parts"
]["pause"]
DNS_SERVICE = "10.96.0.10"
API_SERVER = "10.96.0.1"
# A DNS query (RFC 1035) over UDP or TCP: the hosts have no tool for it, and the images no shell.
ASK = """
import socket, sys
name = b"".join(bytes([len(part)]) + part.encode() for part in sys.argv[3].split("."))
query = b"\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" + name + b"\\0\\0\\1\\0\\1"
over_tcp = sys.argv[1] == "tcp"
kind = socket.SOCK_STREAM if over_tcp else socket.SOCK_DGRAM
with socket.socket(socket.AF_INET, kind) as asker:
    asker.settimeout(5)
    asker.connect((sys.argv[2], 53))
    asker.sendall(len(query).to_bytes(2, "big") + query if over_tcp else query)
    print(socket.inet_ntoa(asker.recv(512)[-4:]))
"""


@pytest.fixture(scope="module")
def api() -> Iterator[client.CoreV1Api]:
    with config.new_client_from_config(str(KUBECONFIG)) as one:
        yield client.CoreV1Api(one)


@pytest.fixture(scope="module")
def pods(api: client.CoreV1Api) -> Iterator[dict[str, str]]:
    """Addresses of a pod on each host, by the host's name."""
    for name in HOSTS:
        api.create_namespaced_pod("default", pod(name))
    try:
        yield {name: address_of(api, name) for name in HOSTS}
    finally:
        for name in HOSTS:
            api.delete_namespaced_pod(name, "default", grace_period_seconds=0)


def pod(name: str) -> dict[str, Any]:
    container = {"name": "pause", "image": f"{PAUSE['image']}:{PAUSE['tag']}"}
    spec = {"nodeName": name, "containers": [container], "terminationGracePeriodSeconds": 0}
    return {"metadata": {"name": name}, "spec": spec}


def address_of(api: client.CoreV1Api, name: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = api.read_namespaced_pod(name, "default").status
        if status.phase == "Running":
            return str(status.pod_ip)
        time.sleep(0.5)
    raise AssertionError(f"pod {name}: {status.phase} after 60 s")


def ask(host: Any, address: str, protocol: str, server: str) -> str:
    """The address of the API server's Service, asked by the pod on this host that has `address`."""
    for name in host.file("/run/netns").listdir():
        if f" {address}/" in host.check_output(f"ip -n {name} -4 -oneline address"):
            inside = f"ip netns exec {name} python3 -c {shlex.quote(ASK)} {protocol} {server}"
            return str(host.check_output(f"{inside} kubernetes.default.svc.cluster.local"))
    raise AssertionError(f"no network namespace has {address}")


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_a_pod_on_each_host_reaches_a_service(
    host: Any, pods: dict[str, str], protocol: str
) -> None:
    own = pods[host.check_output("hostname")]
    assert ask(host, own, protocol, DNS_SERVICE) == API_SERVER


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_a_pod_on_each_host_reaches_the_pods_of_all_hosts(
    host: Any, api: client.CoreV1Api, pods: dict[str, str], protocol: str
) -> None:
    own = pods[host.check_output("hostname")]
    servers = api.list_namespaced_pod("kube-system", label_selector="k8s-app=kube-dns").items
    answers = {ask(host, own, protocol, server.status.pod_ip) for server in servers}
    assert len(servers) == 2
    assert answers == {API_SERVER}
