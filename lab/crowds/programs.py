"""Command lines of a control plane whose parts are plain processes on loopback."""

from __future__ import annotations

import secrets
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab.bundle.built import part
from lab.crowds.api import ControlPlane

SERVICE_NETWORK = "10.96.0.0/16"


@dataclass(frozen=True)
class Program:
    """One process: its name, which is that of its log, and its command line."""

    name: str
    argv: tuple[str, ...]


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def store_and_server(
    directory: Path, *, service_accounts: bool
) -> tuple[ControlPlane, list[Program]]:
    """etcd and kube-apiserver with data, certificates and credentials below `directory`.

    Without `service_accounts` pods need no account, for clusters where no controller makes one.
    """
    client, peer, secure = (free_port() for _ in range(3))
    key = service_account_key(directory)
    if not key.exists():
        command = ["openssl", "genrsa", "-out", str(key), "2048"]
        subprocess.run(command, check=True, capture_output=True)
    token = secrets.token_hex(16)
    tokens = directory / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(f"{token},admin,admin,system:masters\n", encoding="utf-8")
    certificates = directory / "certificates"
    plane = ControlPlane(
        f"https://127.0.0.1:{secure}",
        token,
        certificates / "apiserver.crt",
        directory / "kubeconfig",
    )
    server = _apiserver(directory, client, secure)
    if not service_accounts:
        server += ("--disable-admission-plugins=ServiceAccount",)
    return plane, [
        Program("etcd", _etcd(directory, client, peer)),
        Program("kube-apiserver", server),
    ]


def service_account_key(directory: Path) -> Path:
    """The key that signs the tokens of service accounts."""
    return directory / "service-account.key"


def _etcd(directory: Path, client: int, peer: int) -> tuple[str, ...]:
    return (
        str(part("etcd-server") / "bin/etcd"),
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls=http://127.0.0.1:{client}",
        f"--advertise-client-urls=http://127.0.0.1:{client}",
        f"--listen-peer-urls=http://127.0.0.1:{peer}",
        f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
        f"--initial-cluster=default=http://127.0.0.1:{peer}",
        "--unsafe-no-fsync",
    )


def _apiserver(directory: Path, client: int, secure: int) -> tuple[str, ...]:
    key = service_account_key(directory)
    return (
        str(part("kubernetes") / "bin/kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{client}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--secure-port={secure}",
        f"--cert-dir={directory / 'certificates'}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        f"--token-auth-file={directory / 'tokens.csv'}",
        "--authorization-mode=RBAC",
    )


def scheduler(plane: ControlPlane) -> Program:
    """kube-scheduler as it is."""
    argv = (
        str(part("kubernetes") / "bin/kube-scheduler"),
        f"--kubeconfig={plane.kubeconfig}",
        *("--leader-elect=false", "--secure-port=0"),
    )
    return Program("kube-scheduler", argv)


def controller_manager(plane: ControlPlane, controllers: str, *more: str) -> Program:
    """kube-controller-manager with the controllers that are named, `*` for all."""
    argv = (
        str(part("kubernetes") / "bin/kube-controller-manager"),
        f"--kubeconfig={plane.kubeconfig}",
        *("--leader-elect=false", "--secure-port=0", f"--controllers={controllers}"),
        *more,
    )
    return Program("kube-controller-manager", argv)


def kwok(plane: ControlPlane) -> Program:
    """KWOK, which keeps every node of the cluster ready and every pod on it running."""
    home = part("kwok")
    stages = sorted((home / "files/stages").glob("*.yaml"))
    argv = (
        str(home / "bin/kwok"),
        f"--kubeconfig={plane.kubeconfig}",
        *(f"--config={stage}" for stage in stages),
        *("--manage-all-nodes", "--node-lease-duration-seconds=40"),
    )
    return Program("kwok", argv)
