"""What only one machine has: written into a resumed copy over the guest agent."""

from __future__ import annotations

import io
import tarfile
import time
import uuid
from pathlib import Path

from lab.hosts import ssh
from lab.hosts.commands import run
from lab.machines import agent, names
from lab.machines.definition import Lab, Machine
from lab.machines.paths import MachinePaths

PROGRAM = "/usr/local/sbin/machine-identity"
SECONDS = 120.0
INTERFACE = "eth0"
PRIVATE = 0o600
PUBLIC = 0o644


def give(lab: Lab, machine: Machine, paths: MachinePaths, key: Path) -> None:
    """Make the resumed copy at ``paths`` into ``machine``; ``key`` is the lab's ssh key.

    Raises LabError.
    """
    argv = [PROGRAM, names.mac(lab.handle(machine))]
    shares = [f"{name}={target}" for name, target in machine.shares]
    archive = pack(files(lab, machine, _host_key(paths), ssh.ensure_key(key)))
    argv += [str(int(time.time() + 0.5)), *shares]
    agent.run(paths.agent, argv, stdin=archive, seconds=SECONDS)


def files(
    lab: Lab, machine: Machine, host_key: tuple[str, str], authorized_key: str
) -> dict[str, tuple[str, int]]:
    """Return text and mode of each file by its path without the leading slash.

    ``host_key`` is the private and the public part of the ssh server's key.
    """
    private, public = host_key
    return {
        "etc/hostname": (f"{machine.name}\n", PUBLIC),
        "etc/hosts": (
            "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
            f"{machine.address} {machine.name}\n",
            PUBLIC,
        ),
        "etc/machine-id": (f"{uuid.uuid4().hex}\n", PUBLIC),
        "etc/resolv.conf": ("# No name server: this lab has no route to one.\n", PUBLIC),
        "etc/systemd/network/10-lab.network": (
            f"[Match]\nName={INTERFACE}\n\n[Network]\n"
            f"Address={machine.address}/{lab.network.prefixlen}\n",
            PUBLIC,
        ),
        "etc/ssh/ssh_host_ed25519_key": (private, PRIVATE),
        "etc/ssh/ssh_host_ed25519_key.pub": (public, PUBLIC),
        "root/.ssh/authorized_keys": (f"{authorized_key}\n", PRIVATE),
    }


def pack(texts: dict[str, tuple[str, int]]) -> bytes:
    """Return a tar archive of ``texts``."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, (text, mode) in texts.items():
            entry = tarfile.TarInfo(name)
            data = text.encode()
            entry.size, entry.mode = len(data), mode
            archive.addfile(entry, io.BytesIO(data))
    return target.getvalue()


def public_key(paths: MachinePaths) -> str:
    """Return the machine's public ssh key as ``type base64``."""
    text = paths.host_key.with_suffix(".pub").read_text(encoding="utf-8")
    return " ".join(text.split()[:2])


def _host_key(paths: MachinePaths) -> tuple[str, str]:
    private = paths.host_key
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(private)])
    public = private.with_suffix(".pub")
    return private.read_text(encoding="utf-8"), public.read_text(encoding="utf-8")
