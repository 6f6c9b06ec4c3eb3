# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which transport a mount of NFS really uses, from the text of /proc/self/mountstats.

A mount with C(proto=rdma) of what is mounted over TCP already, with the same other options and
under whatever name of the server, succeeds and shares that mount. Which options make
the kernel share is its own affair, so any mount of the server over another transport counts as an
obstacle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

# fs/proc_namespace.c (show_vfsstat) and net/sunrpc/xprtsock.c, xprtrdma/transport.c
# (print_stats) of the kernel; blanks in names are written as octal escapes.
_MOUNT = re.compile(r"device (?P<source>\S+) mounted on (?P<path>\S+) with fstype (?P<kind>\S+)")
_TRANSPORT = re.compile(r"\s+xprt:\s+(?P<transport>\S+)")


@dataclass(frozen=True)
class NfsMount:
    """A mount: C(kind) is the file system's, C(transports) are those of its connections."""

    source: str
    path: str
    kind: str
    transports: tuple[str, ...]

    @property
    def server(self) -> str:
        """The server of an NFS mount, as it was written."""
        return server_of(self.source) if self.kind.startswith("nfs") else ""


def server_of(source: str) -> str:
    """ "10.0.0.9:/models" to "10.0.0.9"; an IPv6 address keeps its brackets."""
    return source.partition(":/")[0]


def mounts(mountstats: str) -> tuple[NfsMount, ...]:
    """All mounts in the order of the text, of any kind."""
    found: list[NfsMount] = []
    for line in mountstats.splitlines():
        mount = _MOUNT.match(line)
        transport = _TRANSPORT.match(line)
        if mount:
            found.append(NfsMount(mount["source"], mount["path"], mount["kind"], ()))
        elif transport and found:
            last = found[-1]
            used = dict.fromkeys((*last.transports, transport["transport"]))
            found[-1] = NfsMount(last.source, last.path, last.kind, tuple(used))
    return tuple(found)


def obstacles(mountstats: str, source: str, path: str, transport: str) -> Iterator[Fault]:
    """What would keep a mount of C(source) at C(path) from going over C(transport)."""
    there = mounts(mountstats)
    yield from _path_taken(there, source, path)
    for mount in there:
        if mount.server == server_of(source) and _others(mount.transports, transport):
            yield Fault(
                code="nfs_other_transport",
                where=mount.path,
                found=f"{mount.source} over {', '.join(mount.transports)}",
                needed=f"all mounts of {mount.server} over {transport}: the kernel keeps one "
                "connection to a server, and a further mount would use that one silently",
                fix=f"umount {mount.path}, and run again",
            )


def mounted_otherwise(mountstats: str, source: str, path: str, transport: str) -> Iterator[Fault]:
    """Why the mount at C(path) is not the one that was asked for."""
    there = [mount for mount in mounts(mountstats) if mount.path == path]
    if not there:
        yield Fault(
            code="nfs_not_mounted",
            where=path,
            found="nothing mounted there",
            needed=f"{source} over {transport}",
            fix="look at the kernel's log and whether the server exports it to this host",
        )
    elif there[-1].source != source:
        yield from _path_taken(there, source, path)
    elif set(there[-1].transports) != {transport}:
        yield Fault(
            code="nfs_wrong_transport",
            where=path,
            found=f"{source} over {', '.join(there[-1].transports) or 'no connection'}",
            needed=f"{transport}, which was asked for",
            fix=f"umount {path} and every other mount of the same server, also by another name of "
            "it, and run again",
        )


def _path_taken(there: Sequence[NfsMount], source: str, path: str) -> Iterator[Fault]:
    taken = [mount for mount in there if mount.path == path]
    if taken and taken[-1].source != source:
        yield Fault(
            code="path_mounted",
            where=path,
            found=f"{taken[-1].source} mounted there",
            needed=f"nothing mounted there but {source}",
            fix="unmount it and remove it from /etc/fstab, or choose another storage_path",
        )


def _others(transports: Sequence[str], transport: str) -> bool:
    return any(used != transport for used in transports)
