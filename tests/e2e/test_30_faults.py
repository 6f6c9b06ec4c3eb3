"""What fails by itself comes back by itself; the seconds are printed."""

from __future__ import annotations

import time

from tests.e2e import rehearsal

SELECTOR = "--selector=leaderworkerset.sigs.k8s.io/name"


def running_pods() -> dict[str, str]:
    """Name -> uid of the engine's pods that are ready."""
    pods = rehearsal.kubectl("get", "pods", "--namespace=serving", SELECTOR)["items"]
    return {
        pod["metadata"]["name"]: pod["metadata"]["uid"]
        for pod in pods
        if any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in pod.get("status", {}).get("conditions", [])
        )
    }


def test_group_comes_back_after_its_worker_was_killed(served: rehearsal.Run) -> None:
    before = running_pods()
    begin = time.monotonic()
    rehearsal.on("node2", "pkill", "-KILL", "-f", "sglang.launch_server")
    while True:
        seconds = time.monotonic() - begin
        now = running_pods()
        if len(now) == len(before) and not set(now.values()) & set(before.values()):
            break
        assert seconds < 420, now
        time.sleep(2)
    print(f"\nworker killed: the group answered again after {seconds:.0f} s")
