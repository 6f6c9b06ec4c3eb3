"""What fails by itself comes back by itself; the seconds are printed."""

from __future__ import annotations

import time
import urllib.request

from tests.lab_driver import Site, said

DEADLINE_SECONDS = 600
MODELS = "/var/lib/baremetal-sglang/models"
KILL_ENGINE = "pkill -KILL -f [s]glang.launch_server"


def answers(site: Site) -> bool:
    """Whether the endpoint answers on this machine."""
    url = f"http://{site.addresses['node1']}:30080/health"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait_for_new_pods(site: Site, before: dict[str, str], begin: float) -> float:
    """Wait until as many pods are ready, none of them from before, and answer; seconds."""
    while True:
        seconds = time.monotonic() - begin
        assert seconds < DEADLINE_SECONDS, before
        now = site.ready_pods()
        new = not set(now.values()) & set(before.values())
        if len(now) == len(before) and new and answers(site):
            return seconds
        time.sleep(2)


def test_group_comes_back_after_its_worker_was_killed(site: Site) -> None:
    before = site.ready_pods()
    assert len(before) == 2
    begin = time.monotonic()
    site.on("node2", KILL_ENGINE)
    print(f"\nworker killed: answers after {wait_for_new_pods(site, before, begin):.0f} s")


def test_group_comes_back_after_its_node_rebooted(site: Site) -> None:
    before = site.ready_pods()
    assert len(before) == 2
    boot = site.on("node2", "stat --format=%Y /proc/1")
    begin = time.monotonic()
    site.on("node2", "systemctl reboot")
    print(f"\nnode rebooted: answers after {wait_for_new_pods(site, before, begin):.0f} s")
    assert site.on("node2", "stat --format=%Y /proc/1") != boot


def test_group_whose_weights_were_removed_serves_after_the_next_run(site: Site) -> None:
    site.on("node1", f"find {MODELS} -mindepth 1 -delete; {KILL_ENGINE}")
    begin = time.monotonic()
    refused = site.play("site", "--tags=serve", log="weights-removed")
    assert refused.status != 0
    assert "weights path wrong: the" in said(refused.output)
    assert "on node1" in said(refused.output)
    print(f"\nweights removed: refused after {time.monotonic() - begin:.0f} s")
    run = site.play("site", "--tags=weights,serve", log="weights-brought-back")
    assert run.status == 0, run.output[-4000:]
    assert len(site.ready_pods()) == 2
    print(f"\nbrought back: served after {run.seconds:.0f} s")
