"""A real etcd and kube-apiserver on loopback, from the bundle's parts, for tests of modules."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import create_default_context
from typing import Any

import yaml

from lab.bundle.cache import cache_root

CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue" / "parts.yml"
CRD = "files/chart/crds/leaderworkerset.x-k8s.io_leaderworkersets.yaml"
START_SECONDS = 60
STOP_SECONDS = 20


@dataclass(frozen=True)
class ControlPlane:
    """Address and credentials of a running API server; C(kubeconfig) is a file."""

    address: str
    token: str
    authority: Path
    kubeconfig: Path

    def request(self, method: str, path: str, body: Any = None, *, patch: str = "merge") -> Any:
        """Ask the API server without the collection's own client; returns decoded JSON."""
        kind = "application/json" if method != "PATCH" else f"application/{patch}-patch+json"
        request = urllib.request.Request(
            f"{self.address}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind},
        )
        context = create_default_context(cafile=str(self.authority))
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.loads(answer.read() or b"{}")


def part(name: str) -> Path:
    """Directory of a finished part of the bundle at the catalogue's version.

    Raises FileNotFoundError with the command that builds it.
    """
    version = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["catalogue_parts"][name][
        "version"
    ]
    records = sorted(
        (cache_root() / "bundle" / "parts" / name).glob("*/part.json"),
        key=lambda record: record.stat().st_mtime,
        reverse=True,
    )
    for record in records:
        if json.loads(record.read_text(encoding="utf-8"))["version"] == version:
            return record.parent
    raise FileNotFoundError(
        f"{name} {version} is not in {cache_root()}/bundle/parts; "
        "build it with: python -m lab.bundle --set core"
    )


@contextmanager
def control_plane(directory: Path) -> Iterator[ControlPlane]:
    """Start etcd and kube-apiserver with data and certificates below C(directory); stop them."""
    etcd, apiserver = part("etcd-server") / "bin/etcd", part("kubernetes") / "bin/kube-apiserver"
    client, peer, secure = (free_port() for _ in range(3))
    key = directory / "service-account.key"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    token = secrets.token_hex(16)
    tokens = directory / "tokens.csv"
    tokens.write_text(f"{token},admin,admin,system:masters\n", encoding="utf-8")
    tokens.chmod(0o600)
    plane = ControlPlane(
        f"https://127.0.0.1:{secure}",
        token,
        directory / "certificates" / "apiserver.crt",
        directory / "kubeconfig",
    )
    with ExitStack() as stack:
        for name, command in (
            ("etcd", _etcd(etcd, directory, client, peer)),
            ("kube-apiserver", _apiserver(apiserver, directory, client, secure)),
        ):
            stack.enter_context(running(name, command, directory))
        _wait_for(lambda: plane.request("GET", "/api/v1/namespaces/default"), directory)
        _write_kubeconfig(plane)
        yield plane


def _etcd(program: Path, directory: Path, client: int, peer: int) -> list[str]:
    return [
        str(program),
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls=http://127.0.0.1:{client}",
        f"--advertise-client-urls=http://127.0.0.1:{client}",
        f"--listen-peer-urls=http://127.0.0.1:{peer}",
        f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
        f"--initial-cluster=default=http://127.0.0.1:{peer}",
        "--unsafe-no-fsync",
    ]


def _apiserver(program: Path, directory: Path, client: int, secure: int) -> list[str]:
    key = directory / "service-account.key"
    return [
        str(program),
        f"--etcd-servers=http://127.0.0.1:{client}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--secure-port={secure}",
        f"--cert-dir={directory / 'certificates'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        f"--token-auth-file={directory / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        # Pods are written by the tests; no controller makes the account that they would need.
        "--disable-admission-plugins=ServiceAccount",
    ]


@contextmanager
def running(name: str, command: list[str], directory: Path) -> Iterator[None]:
    """Run a program until the block ends; what it prints lands in C(directory)."""
    with (directory / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(ask: Callable[[], object], directory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ask()
        except OSError as error:  # not listening yet, no certificate yet, an HTTP error
            if time.monotonic() > deadline:
                log = (directory / "kube-apiserver.log").read_text(errors="replace")
                raise TimeoutError(f"kube-apiserver: {error}\n{log[-3000:]}") from error
            time.sleep(0.2)
        else:
            return


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _write_kubeconfig(plane: ControlPlane) -> None:
    named = {
        "clusters": [
            {
                "name": "test",
                "cluster": {
                    "server": plane.address,
                    "certificate-authority": str(plane.authority),
                },
            }
        ],
        "users": [{"name": "admin", "user": {"token": plane.token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
    }
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "test", **named}
    plane.kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")
    plane.kubeconfig.chmod(0o600)


def until_served(plane: ControlPlane, path: str) -> None:
    """Wait until the API server answers below C(path)."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            plane.request("GET", path)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def install_leaderworkerset_api(plane: ControlPlane) -> None:
    """Create LeaderWorkerSet's CustomResourceDefinition from its chart."""
    definition = yaml.safe_load((part("leaderworkerset") / CRD).read_text(encoding="utf-8"))
    plane.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
    until_served(plane, "/apis/leaderworkerset.x-k8s.io/v1/leaderworkersets")
