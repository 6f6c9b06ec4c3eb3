"""A check run on bare hosts passes and changes nothing."""

from __future__ import annotations

from tests.e2e.rehearsal import HOSTS, SITE, difference, host_state


def test_check_run_on_bare_hosts_passes_and_changes_nothing(
    bare_state: dict[str, dict[str, str]],
) -> None:
    run = SITE.play("site", "--check", "--diff", log="site-check")
    assert run.status == 0, run.output[-6000:]
    for host, before in bare_state.items():
        after = host_state(host)
        assert not difference(before["packages"], after["packages"]), host
        assert not difference(before["etc"], after["etc"]), host


def test_hosts_have_no_route_beyond_the_bridge(bare_hosts: None) -> None:
    script = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=5)"
    for host in HOSTS:
        said = SITE.on(host, f'python3 -c "{script}" 2>&1 || true')
        assert "Network is unreachable" in said, (host, said)
