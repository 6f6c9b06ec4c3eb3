"""The command that boots a host says everything that keeps the machine as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.hosts import nspawn
from lab.hosts.names import Handle
from lab.hosts.nspawn import Bind


def test_the_whole_command() -> None:
    binds = (Bind("/c/var", "/var"), Bind("/b", "/srv/bundle", read_only=True))
    assert nspawn.argv(Handle("one", "a"), Path("/c/root"), 42, binds) == [
        "systemd-nspawn",
        "--boot",
        "--quiet",
        "--settings=no",
        "--directory=/c/root",
        "--machine=bml.one.a",
        "--hostname=a",
        "--network-namespace-path=/proc/42/ns/net",
        "--register=no",
        "--keep-unit",
        "--console=pipe",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--no-new-privileges=no",
        "--capability=all",
        "--drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE,CAP_SYS_RAWIO",
        "--system-call-filter=@keyring bpf open_by_handle_at",
        "--bind=/c/var:/var",
        "--bind-ro=/b:/srv/bundle",
    ]


@pytest.mark.parametrize(("text", "escaped"), [("/a:b", "/a\\:b"), ("/a\\b", "/a\\\\b")])
def test_a_bind_of_a_path_with_nspawns_own_characters_is_escaped(text: str, escaped: str) -> None:
    assert Bind(text, "/x").argument() == f"--bind={escaped}:/x"


def test_sysctls_of_the_network_alone_are_writable() -> None:
    assert nspawn.ENVIRONMENT == {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
