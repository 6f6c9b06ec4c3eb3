"""A check run on bare hosts passes and changes nothing."""

from __future__ import annotations

from pathlib import Path

from tests.e2e import rehearsal


def test_check_run_on_bare_hosts_passes_and_changes_nothing(
    bare_state: dict[str, dict[str, str]], logs: Path
) -> None:
    run = rehearsal.play("site", "--check", "--diff", log=logs / "site-check.log")
    assert run.status == 0, run.output[-6000:]
    for host, before in bare_state.items():
        after = rehearsal.host_state(host)
        assert not rehearsal.difference(before["packages"], after["packages"]), host
        assert not rehearsal.difference(before["etc"], after["etc"]), host


def test_hosts_have_no_route_beyond_the_bridge(bare_hosts: None) -> None:
    script = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=5)"
    for host in rehearsal.HOSTS:
        said = rehearsal.on(host, "sh", "-c", f'python3 -c "{script}" 2>&1 || true')
        assert "Network is unreachable" in said, (host, said)
