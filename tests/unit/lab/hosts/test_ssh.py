"""The lab's ssh key: made once, whoever asks first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.hosts import ssh


def test_all_who_ask_at_the_same_time_get_the_same_key(tmp_path: Path) -> None:
    private = tmp_path / "ssh" / "id_ed25519"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(ssh.ensure_key, [private] * 8))
    assert len(keys) == 1
    assert private.stat().st_mode & 0o777 == 0o600
