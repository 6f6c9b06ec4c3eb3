"""A real etcd and kube-apiserver on loopback, from the bundle's parts, for tests of modules."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lab.crowds.api import ControlPlane, until
from lab.crowds.programs import Program, store_and_server

STOP_SECONDS = 20


@contextmanager
def control_plane(directory: Path) -> Iterator[ControlPlane]:
    """Start etcd and kube-apiserver with data and certificates below C(directory); stop them."""
    # Pods are written by the tests; no controller makes the account that they would need.
    plane, programs = store_and_server(directory, service_accounts=False)
    with ExitStack() as stack:
        for program in programs:
            stack.enter_context(running(program, directory))
        until(
            lambda: plane.request("GET", "/api/v1/namespaces/default"),
            directory / "kube-apiserver.log",
        )
        plane.write_kubeconfig()
        yield plane


@contextmanager
def running(program: Program, directory: Path) -> Iterator[None]:
    """Run a program until the block ends; what it prints lands in C(directory)."""
    with (directory / f"{program.name}.log").open("wb") as log:
        process = subprocess.Popen(program.argv, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
