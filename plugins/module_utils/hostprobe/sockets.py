# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listening TCP ports and the processes that hold them, from /proc alone."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path

# include/net/tcp_states.h: TCP_LISTEN is 10; /proc/net/tcp prints it in hexadecimal.
LISTEN = "0A"
SOCKET_LINK = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True)
class Socket:
    """A listening socket: its address, TCP port and inode."""

    address: str
    port: int
    inode: int


def listening(table: str) -> list[Socket]:
    """The listening sockets of the text of /proc/net/tcp or /proc/net/tcp6."""
    rows = (line.split() for line in table.splitlines()[1:])
    return [
        Socket(*_endpoint(row[1]), inode=int(row[9]))
        for row in rows
        if len(row) > 9 and row[3] == LISTEN
    ]


def _endpoint(text: str) -> tuple[str, int]:
    """ "0100007F:1F90" to ("127.0.0.1", 8080); the kernel prints words in host byte order."""
    digits, port = text.split(":")
    words = [bytes.fromhex(digits[at : at + 8])[::-1] for at in range(0, len(digits), 8)]
    return str(ipaddress.ip_address(b"".join(words))), int(port, 16)


def listeners(root: Path) -> list[dict[str, object]]:
    """Each listening port once for each process: C(port), C(address), C(process), C(pid).

    C(process) is empty and C(pid) 0 where no process shows the socket (another user's, without
    the right to read it).
    """
    tables = [root / "proc/net/tcp", root / "proc/net/tcp6"]
    found = [socket for table in tables for socket in listening(_text(table))]
    owners = _owners(root, {socket.inode for socket in found})
    rows = [
        {"port": s.port, "address": s.address, "process": process, "pid": pid}
        for s in found
        for pid, process in [owners.get(s.inode, (0, ""))]
    ]
    return sorted(rows, key=lambda row: (row["port"], row["address"]))


def _owners(root: Path, inodes: set[int]) -> dict[int, tuple[int, str]]:
    owners: dict[int, tuple[int, str]] = {}
    pids = sorted(int(entry.name) for entry in (root / "proc").iterdir() if entry.name.isdigit())
    for pid in pids:
        for inode in _socket_inodes(root / "proc" / str(pid) / "fd") & inodes:
            owners.setdefault(inode, (pid, _process(root, pid)))
    return owners


def _socket_inodes(directory: Path) -> set[int]:
    try:
        links = list(directory.iterdir())
    except OSError:  # the process has gone, or belongs to another user
        return set()
    matches = (SOCKET_LINK.fullmatch(_target(link)) for link in links)
    return {int(match.group(1)) for match in matches if match}


def _target(link: Path) -> str:
    """What a link names; nothing where it went meanwhile, as a busy process's files do."""
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _process(root: Path, pid: int) -> str:
    """The program's name; /proc/PID/comm alone is cut at 15 characters ("kube-controller")."""
    arguments = _text(root / "proc" / str(pid) / "cmdline").split("\0")
    name = arguments[0].split(" ")[0].rstrip(":").rpartition("/")[2]
    return name or _text(root / "proc" / str(pid) / "comm").strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
