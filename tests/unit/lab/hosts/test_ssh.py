"""The lab's ssh key is made once, whoever asks first; a server is waited for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from lab.hosts import ssh
from lab.hosts.errors import LabError


@dataclass(frozen=True)
class Host:
    """A host that nobody asks."""

    name: str
    address: IPv4Address


HOST = Host("h1", IPv4Address("192.0.2.1"))


def test_all_who_ask_at_the_same_time_get_the_same_key(tmp_path: Path) -> None:
    private = tmp_path / "ssh" / "id_ed25519"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(ssh.ensure_key, [private] * 8))
    assert len(keys) == 1
    assert private.stat().st_mode & 0o777 == 0o600


def test_a_server_that_greets_late_is_given_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "answers", lambda _address, seconds: seconds >= 15)
    ssh.wait(HOST, 0, lambda: True, greeting_seconds=15)
    with pytest.raises(LabError, match=r"no ssh server at 192\.0\.2\.1:22 after 0 s"):
        ssh.wait(HOST, 0, lambda: True)


def test_a_host_that_is_gone_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "answers", lambda _address, _seconds: False)
    with pytest.raises(LabError, match="stopped before"):
        ssh.wait(HOST, 600, lambda: False)
