"""The lab's ssh key, its hosts' keys, and the way into a host."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol

from lab.hosts.commands import run
from lab.hosts.errors import LabError
from lab.hosts.locks import exclusive

BANNER = b"SSH-"


class Reachable(Protocol):
    """What an ssh server runs on."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> IPv4Address: ...


def ensure_key(private: Path) -> str:
    """Return the public key beside ``private``; makes the pair when it is not there."""
    public = private.with_suffix(".pub")
    private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The first machines of a lab ask at the same time.
    with exclusive(private.parent / ".lock"):
        if not (private.exists() and public.exists()):
            private.unlink(missing_ok=True)
            comment = "baremetal.sglang lab"
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(private)])
    return public.read_text(encoding="utf-8").strip()


def known_hosts(keys: Iterable[tuple[Reachable, str]]) -> str:
    """Return a known_hosts file that gives each host's key for its name and its address."""
    return "".join(f"{host.name},{host.address} {key}\n" for host, key in keys)


def argv(host: Reachable, key: Path, known: Path, command: Iterable[str]) -> list[str]:
    """Return the ssh command that runs ``command`` (none: a login shell) on ``host`` as root."""
    options = (
        f"UserKnownHostsFile={known}",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "LogLevel=ERROR",
    )
    settings = [part for option in options for part in ("-o", option)]
    return ["ssh", "-F", "none", "-i", str(key), *settings, f"root@{host.address}", *command]


def answers(address: IPv4Address, seconds: float) -> bool:
    """Return whether an ssh server greets at ``address`` within ``seconds``."""
    try:
        with socket.create_connection((str(address), 22), timeout=seconds) as connection:
            return connection.recv(len(BANNER)) == BANNER
    except OSError:
        return False


def wait(
    host: Reachable, seconds: float, alive: Callable[[], bool], *, greeting_seconds: float = 1.0
) -> None:
    """Wait until the host's ssh server greets, each time for ``greeting_seconds``.

    Raises LabError after ``seconds``, or at once when ``alive`` says that the host is gone.
    """
    deadline = time.monotonic() + seconds
    while not answers(host.address, greeting_seconds):
        if not alive():
            raise LabError(f"host {host.name}: stopped before its ssh server answered")
        if time.monotonic() > deadline:
            raise LabError(
                f"host {host.name}: no ssh server at {host.address}:22 after {seconds:.0f} s"
            )
        time.sleep(0.1)
