"""What a mount of NFS really uses, read from the kernel's text."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.storage.nfs import (
    mounted_otherwise,
    mounts,
    obstacles,
    server_of,
)

DISK = "device /dev/md127 mounted on /models with fstype xfs\n"
SOURCE = "10.79.0.11:/models"


def nfs(path: str, *transports: str, source: str = SOURCE) -> str:
    lines = [f"device {source} mounted on {path} with fstype nfs4 statvers=1.1"]
    lines += ["\topts:\tro,vers=4.2,rsize=1048576,hard,proto=tcp", "\tage:\t12"]
    lines += [f"\txprt:\t{name} 0 0 1 0 0 17 17 0 17 0 2 0 0" for name in transports]
    return "\n".join([*lines, "\tper-op statistics", "\t        NULL: 1 1 0 44 24 0 0 0 0", ""])


def kinds(faults: list[Fault]) -> list[tuple[str, str]]:
    return [(fault.where, fault.code) for fault in faults]


def before(text: str, transport: str = "rdma") -> list[Fault]:
    return list(obstacles(text, SOURCE, "/models", transport))


def after(text: str, transport: str = "rdma") -> list[Fault]:
    return list(mounted_otherwise(text, SOURCE, "/models", transport))


def test_mounts_have_their_transports_once() -> None:
    found = mounts(DISK + nfs("/a", "tcp", "tcp", "tcp") + nfs("/b", "rdma"))
    assert [(mount.path, mount.server, mount.transports) for mount in found] == [
        ("/models", "", ()),
        ("/a", "10.79.0.11", ("tcp",)),
        ("/b", "10.79.0.11", ("rdma",)),
    ]


@pytest.mark.parametrize(
    ("source", "server"),
    [("nas:/models", "nas"), ("10.0.0.1:/", "10.0.0.1"), ("[fd00::1]:/m", "[fd00::1]")],
)
def test_the_server_stands_before_the_path(source: str, server: str) -> None:
    assert server_of(source) == server


def test_a_server_that_is_mounted_over_tcp_elsewhere_is_an_obstacle_to_rdma() -> None:
    found = before(nfs("/other", "tcp", source="10.79.0.11:/scratch"))
    assert kinds(found) == [("/other", "nfs_other_transport")]
    assert found[0].found == "10.79.0.11:/scratch over tcp"


def test_so_is_a_mount_of_the_place_itself_and_rdma_to_tcp() -> None:
    assert kinds(before(nfs("/models", "tcp"))) == [("/models", "nfs_other_transport")]
    assert kinds(before(nfs("/models", "rdma"), "tcp")) == [("/models", "nfs_other_transport")]


@pytest.mark.parametrize(
    "text",
    ["", nfs("/models", "rdma"), nfs("/other", "tcp", source="10.79.0.12:/models")],
)
def test_the_same_transport_and_other_servers_are_none(text: str) -> None:
    assert before(text) == []


def test_something_else_at_the_place_is_refused_before() -> None:
    assert kinds(before(DISK)) == [("/models", "path_mounted")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "nfs_not_mounted"),
        (DISK, "path_mounted"),
        (nfs("/models", "tcp"), "nfs_wrong_transport"),
        (nfs("/models", "rdma", "tcp"), "nfs_wrong_transport"),
        (nfs("/models"), "nfs_wrong_transport"),
    ],
)
def test_a_mount_that_is_not_what_was_asked_is_told(text: str, kind: str) -> None:
    assert kinds(after(text)) == [("/models", kind)]


def test_tcp_where_rdma_was_asked_names_both() -> None:
    (fault,) = after(nfs("/models", "tcp"))
    assert fault.found == "10.79.0.11:/models over tcp"
    assert fault.needed == "rdma, which was asked for"


@pytest.mark.parametrize("transport", ["tcp", "rdma"])
def test_the_mount_that_was_asked_for_is_no_fault(transport: str) -> None:
    assert after(nfs("/models", transport), transport) == []
