from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.diagnosis import Evidence

from .samples import GLOO, PULL, REFUSED, UVICORN, pod, reports


def test_rank_with_nothing_telling_is_reported_without_a_cause() -> None:
    (report,) = reports(pod(waiting="ContainerCreating"))
    assert report.sentence() == "rank 0 (pod g-0 on node1): ContainerCreating"


def test_sentence_says_rank_pod_node_state_cause_and_fix() -> None:
    (report,) = reports(pod(1, terminated="OOMKilled: exit code 137"))
    assert report.sentence() == (
        "rank 1 (pod g-0-1 on node2): OOMKilled: exit code 137; out of memory: the kernel killed "
        "the container at its memory limit (exit code 137); raise resources.memory_gib, or lower "
        "what the engine may keep (--max-total-tokens)"
    )


def test_origin_comes_before_the_rank_that_only_lost_its_peer() -> None:
    lost = pod(0, terminated="Error: exit code 1", log=("1/2 clients joined.",))
    origin = pod(1, terminated="Error: exit code 1", log=(GLOO,))
    assert [(r.pod.rank, r.cause) for r in reports(lost, origin)] == [
        (1, "wrong Gloo interface"),
        (0, "another rank did not join"),
    ]


def test_hint_of_the_engine_at_memory_is_not_taken_for_the_cause() -> None:
    hint = (
        "RuntimeError: Rank 0 scheduler died during initialization (exit code: 1). If exit code "
        "is -9 (SIGKILL), a common cause is the OS OOM killer."
    )
    (report,) = reports(pod(terminated="Error: exit code 1", log=(GLOO, hint)))
    assert report.cause == "wrong Gloo interface"


def test_ready_rank_is_not_reported() -> None:
    assert reports(pod(0, lacks=""), pod(1, waiting="ContainerCreating"))[0].pod.rank == 1


def test_report_keeps_the_last_twenty_lines() -> None:
    (report,) = reports(pod(log=tuple(str(number) for number in range(30))))
    assert report.values()["last_lines"] == [str(number) for number in range(10, 30)]


@pytest.mark.parametrize(
    ("seen", "seconds", "certain"),
    [
        ({"waiting": f"ErrImagePull: {PULL}x: not found"}, 18, False),
        ({"waiting": f"ErrImagePull: {PULL}x: not found"}, 20, True),
        ({"waiting": f"ErrImagePull: {PULL}{REFUSED}"}, 178, False),
        ({"waiting": f"ErrImagePull: {PULL}{REFUSED}"}, 180, True),
        ({"scheduling": "Unschedulable: 0/3 nodes are available: 3 x"}, 118, False),
        ({"scheduling": "Unschedulable: 0/3 nodes are available: 3 x"}, 120, True),
        ({"waiting": "ContainerCreating"}, 10000, False),
    ],
)
def test_lasting_cause_is_certain_after_its_time(
    seen: dict[str, Any], seconds: int, certain: bool
) -> None:
    evidence = Evidence()
    for now in range(0, seconds + 1, 2):
        evidence.add([pod(**seen)], now=float(now))
    assert (evidence.certain() is not None) is certain


def test_cause_that_went_away_is_not_certain() -> None:
    evidence = Evidence()
    evidence.add([pod(waiting=f"ErrImagePull: {PULL}x: not found")], now=0.0)
    evidence.add([pod(waiting="ContainerCreating")], now=100.0)
    assert evidence.certain() is None


def test_rank_that_became_ready_clears_its_cause() -> None:
    evidence = Evidence()
    crash: dict[str, Any] = {"terminated": "OOMKilled: exit code 137"}
    evidence.add([pod(incarnation=0, **crash)], now=0.0)
    evidence.add([pod(lacks="")], now=2.0)
    evidence.add([pod(incarnation=1, **crash)], now=4.0)
    assert evidence.certain() is None


@pytest.mark.parametrize(
    ("seen", "runs"),
    [
        ({"log": (GLOO,)}, 1),
        ({"log": ("launch_server.py: error: bad",)}, 1),
        ({"terminated": "OOMKilled: exit code 137"}, 2),
        ({"terminated": "Error: exit code 1", "log": (UVICORN,)}, 2),
        ({"terminated": "Error: exit code 1"}, 4),
    ],
)
def test_crash_is_certain_after_so_many_runs_of_the_container(
    seen: dict[str, Any], runs: int
) -> None:
    evidence = Evidence()
    for run in range(runs):
        assert evidence.certain() is None
        for now in (10.0 * run, 10.0 * run + 2):  # one run seen twice counts once
            evidence.add([pod(uid=f"uid-{run}", **seen)], now=now)
    assert evidence.certain() is not None


def test_what_a_deleted_pod_showed_is_still_reported() -> None:
    evidence = Evidence()
    evidence.add([pod(uid="old", terminated="OOMKilled: exit code 137", log=("last",))], now=0.0)
    evidence.add([pod(uid="new", waiting="ContainerCreating")], now=2.0)
    (report,) = evidence.reports()
    assert (report.cause, report.pod.log) == ("out of memory", ("last",))
