"""What fails by itself comes back by itself; the seconds are printed."""

from __future__ import annotations

import time

from tests.e2e.rehearsal import SITE
from tests.lab_driver import Run


def test_group_comes_back_after_its_worker_was_killed(served: Run) -> None:
    before = SITE.ready_pods()
    begin = time.monotonic()
    SITE.on("node2", "pkill -KILL -f '[s]glang.launch_server'")
    while True:
        seconds = time.monotonic() - begin
        now = SITE.ready_pods()
        if len(now) == len(before) and not set(now.values()) & set(before.values()):
            break
        assert seconds < 420, now
        time.sleep(2)
    print(f"\nworker killed: the group answered again after {seconds:.0f} s")
