"""The systemd-nspawn command of a host, as a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.hosts.names import Handle

REBOOT_STATUS = 133  # what nspawn exits with when the host reboots and no unit restarts it
# Containers in a host need everything but the machine's clock, modules and raw hardware.
KEPT_FROM_HOSTS = ("CAP_SYS_TIME", "CAP_SYS_MODULE", "CAP_SYS_RAWIO")
# runc makes session keyrings and loads BPF device programs; NFS servers open files by handle.
EXTRA_SYSTEM_CALLS = ("@keyring", "bpf", "open_by_handle_at")
# /proc/sys/net belongs to the host's network namespace; the rest would be the machine's.
ENVIRONMENT = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}


@dataclass(frozen=True)
class Bind:
    """A directory or device of the machine that the host sees at ``target``."""

    source: str
    target: str
    read_only: bool = False

    def argument(self) -> str:
        paths = ":".join(_escape(path) for path in (self.source, self.target))
        return f"--bind{'-ro' if self.read_only else ''}={paths}"


def argv(handle: Handle, tree: Path, namespace_pid: int, binds: Iterable[Bind]) -> list[str]:
    """Return the command that boots the host in ``tree``, in the network of ``namespace_pid``.

    It joins no unit, registers nowhere and leaves resolv.conf, time zone and journal alone.
    """
    return [
        "systemd-nspawn",
        "--boot",
        "--quiet",
        "--settings=no",
        f"--directory={tree}",
        f"--machine={handle}",
        f"--hostname={handle.host}",
        f"--network-namespace-path=/proc/{namespace_pid}/ns/net",
        "--register=no",
        "--keep-unit",
        "--console=pipe",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--no-new-privileges=no",
        "--capability=all",
        f"--drop-capability={','.join(KEPT_FROM_HOSTS)}",
        f"--system-call-filter={' '.join(EXTRA_SYSTEM_CALLS)}",
        *(bind.argument() for bind in binds),
    ]


def _escape(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:")
