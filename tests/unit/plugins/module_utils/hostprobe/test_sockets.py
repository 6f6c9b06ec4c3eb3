"""Listening ports from the kernel's tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe.sockets import (
    Socket,
    _socket_inodes,
    listeners,
    listening,
)

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout"
TCP = f"""{HEAD}
   0: 0100007F:2B68 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 501 1
   1: 0B004F0A:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 502 1
   2: 0B004F0A:0016 FE004F0A:A2C4 01 00000000:00000000 02:0009C8C6 00000000     0        0 503 4
   3: 00000000:1388
"""
ANY = "0" * 32
TCP6 = f"""{HEAD}
   0: {ANY}:192B {ANY}:0000 0A 0:0 0:0 0 0 0 504 1
   1: 000080FE000000000100000001000000:0050 {ANY}:0000 0A 0:0 0:0 0 0 0 505 1
"""


def test_listening_sockets_are_read_and_connections_left_out() -> None:
    assert listening(TCP) == [
        Socket("127.0.0.1", 11112, 501),
        Socket("10.79.0.11", 8080, 502),
    ]


def test_ipv6_addresses_are_read_word_by_word() -> None:
    assert listening(TCP6) == [Socket("::", 6443, 504), Socket("fe80::1:0:1", 80, 505)]


def process(root: Path, pid: int, command: str, comm: str, *inodes: int) -> None:
    """A process of /proc with its sockets."""
    directory = root / "proc" / str(pid)
    (directory / "fd").mkdir(parents=True)
    (directory / "cmdline").write_text(command)
    (directory / "comm").write_text(f"{comm}\n")
    for number, inode in enumerate(inodes):
        (directory / "fd" / str(number)).symlink_to(f"socket:[{inode}]")
    (directory / "fd" / "9").symlink_to("/dev/null")


def test_each_port_has_its_process(tmp_path: Path) -> None:
    process(
        tmp_path, 7, "kube-controller-manager\0--bind-address=127.0.0.1\0", "kube-controller", 501
    )
    process(tmp_path, 20, "nginx: worker process\0", "nginx", 502)
    process(tmp_path, 3, "nginx: master process /usr/sbin/nginx\0", "nginx", 502)
    process(tmp_path, 30, "", "kworker", 503)
    (tmp_path / "proc/net").mkdir()
    (tmp_path / "proc/net/tcp").write_text(TCP)
    (tmp_path / "proc/net/tcp6").write_text(TCP6)
    (tmp_path / "proc/40").mkdir()
    assert listeners(tmp_path) == [
        {"port": 80, "address": "fe80::1:0:1", "process": "", "pid": 0},
        {"port": 6443, "address": "::", "process": "", "pid": 0},
        {"port": 8080, "address": "10.79.0.11", "process": "nginx", "pid": 3},
        {"port": 11112, "address": "127.0.0.1", "process": "kube-controller-manager", "pid": 7},
    ]


def test_a_process_without_a_command_line_has_the_kernel_s_name(tmp_path: Path) -> None:
    process(tmp_path, 7, "", "nfsd", 501)
    (tmp_path / "proc/net").mkdir()
    (tmp_path / "proc/net/tcp").write_text("\n".join(TCP.splitlines()[:2]))
    assert [row["process"] for row in listeners(tmp_path)] == ["nfsd"]


def test_a_file_that_is_closed_meanwhile_hides_no_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "gone"
    directory = tmp_path / "fd"
    directory.mkdir()
    (directory / "3").symlink_to("socket:[1]")
    present = list(directory.iterdir())
    monkeypatch.setattr(Path, "iterdir", lambda _self: iter([listed, *present]))
    assert _socket_inodes(directory) == {1}
