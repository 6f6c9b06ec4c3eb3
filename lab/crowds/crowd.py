"""A crowd: a control plane of its own, and a node without a machine for each host."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.bundle.cache import cache_root
from lab.crowds import leaderworkerset, processes
from lab.crowds.api import ControlPlane, until
from lab.crowds.nodes import RACK_LABEL, Machine, node
from lab.crowds.programs import (
    Program,
    controller_manager,
    kwok,
    scheduler,
    service_account_key,
    store_and_server,
)
from lab.hosts.errors import LabError

PROGRAMS = (
    *("etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager"),
    *("manager", "kwok"),
)
READY_SECONDS = 120.0
PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class NodeStatus:
    """One node: whether it is ready, its rack and GPUs, and the pods that run on it."""

    name: str
    ready: bool
    rack: str
    gpus: int
    pods: int


def directory_of(name: str) -> Path:
    """Where a crowd has its data, credentials and logs."""
    return (cache_root() / "crowds" / name).resolve()


def up(name: str, machines: Sequence[Machine]) -> ControlPlane:
    """Start what does not run, and bring the nodes to `machines`. Waits until all are ready."""
    directory = directory_of(name)
    if missing(directory):
        down(name)
        directory.mkdir(parents=True)
        _start(directory)
    plane = ControlPlane.read(directory / "kubeconfig")
    _bring_nodes(plane, machines)
    _wait_ready(plane, directory)
    return plane


def down(name: str) -> None:
    """End a crowd's processes and delete its directory; also what a killed command left."""
    directory = directory_of(name)
    processes.stop(directory)
    shutil.rmtree(directory, ignore_errors=True)


def missing(directory: Path) -> list[str]:
    """The programs of a crowd that do not run."""
    found = {Path(program).name for program in processes.running(directory).values()}
    return [name for name in PROGRAMS if name not in found]


def status(plane: ControlPlane) -> list[NodeStatus]:
    """The nodes of a crowd now, by name."""
    pods = plane.request("GET", "/api/v1/pods")["items"]
    places = [pod["spec"].get("nodeName") for pod in pods if pod["status"]["phase"] == "Running"]
    return sorted(
        (
            _status(found, places.count(found["metadata"]["name"]))
            for found in plane.request("GET", "/api/v1/nodes")["items"]
        ),
        key=lambda each: each.name,
    )


def _status(found: Mapping[str, Any], pods: int) -> NodeStatus:
    conditions = {each["type"]: each["status"] for each in found["status"].get("conditions", [])}
    return NodeStatus(
        name=found["metadata"]["name"],
        ready=conditions.get("Ready") == "True",
        rack=found["metadata"]["labels"].get(RACK_LABEL, ""),
        gpus=int(found["status"]["allocatable"].get("nvidia.com/gpu", 0)),
        pods=pods,
    )


def _start(directory: Path) -> None:
    plane, programs = store_and_server(directory, service_accounts=True)
    _start_all(programs, directory)
    until(
        lambda: plane.request("GET", "/api/v1/namespaces/default"), directory / "kube-apiserver.log"
    )
    plane.write_kubeconfig()
    leaderworkerset.install_api(plane)
    controller, port = leaderworkerset.controller(plane, directory)
    accounts = (
        f"--service-account-private-key-file={service_account_key(directory)}",
        f"--root-ca-file={plane.authority}",
    )
    manager = controller_manager(plane, "*", *accounts)
    _start_all([scheduler(plane), manager, controller, kwok(plane)], directory)
    leaderworkerset.install_webhooks(plane, directory, port)


def _start_all(programs: Sequence[Program], directory: Path) -> None:
    for program in programs:
        processes.start(program, directory)


def _bring_nodes(plane: ControlPlane, machines: Sequence[Machine]) -> None:
    """Make nodes that are missing and delete those that are no longer wanted."""
    present = {found.name for found in status(plane)}
    wanted = {machine.name: machine for machine in machines}
    for name in sorted(present - wanted.keys()):
        plane.request("DELETE", f"/api/v1/nodes/{name}")
    for name in sorted(wanted.keys() - present):
        plane.request("POST", "/api/v1/nodes", node(wanted[name]))


def _wait_ready(plane: ControlPlane, directory: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        waiting = [found.name for found in status(plane) if not found.ready]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise LabError(
                f"crowd {directory.name}: nodes {', '.join(waiting)} are not ready after "
                f"{READY_SECONDS:.0f} s; read {directory / 'kwok.log'}"
            )
        time.sleep(PAUSE_SECONDS)
