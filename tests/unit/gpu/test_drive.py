"""The driver with a stand-in for the engine: records, failures that stay alone, nothing left."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gpu.machine import drive as driving
from tests.gpu.machine import engine
from tests.gpu.machine.alternate import alternation
from tests.gpu.machine.drive import Runner
from tests.gpu.machine.engine import Place
from tests.gpu.machine.launch import Launch, Load

STANDIN = Path(__file__).with_name("standin_engine.py")
MACHINE = {"card": "stand-in", "date": "2026-11-24"}
LOAD = Load(prompt_tokens=4, answer_tokens=2, streams=(1, 3), rounds=2, vocabulary=1000)


def launch(name: str, **changes: Any) -> Launch:
    fields: dict[str, Any] = {
        "name": name,
        "shape": "v2-lite",
        "ranks": 1,
        "gpus_per_rank": 1,
        "arguments": ("--tp-size", "1"),
        "environment": {},
        "ready_seconds": 20,
        "load": LOAD,
        "kill_rank": None,
        "about": {"chosen_by": "plan"},
    }
    return Launch(**{**fields, **changes})


def place(directory: Path) -> Place:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (sys.executable, str(STANDIN))
    return Place(directory, directory, directory, command, used_mib=lambda: 0, port=port)


def drive(
    launches: Sequence[Launch], where: Place, machine: dict[str, Any], seconds: float
) -> list[dict[str, Any]]:
    return Runner(where, machine, seconds).run(launches)


def rates(most: float) -> list[dict[str, float]]:
    return [
        {"streams": 1, "output_tokens_per_second": 100},
        {"streams": 64, "output_tokens_per_second": most},
    ]


def mode(name: str) -> Mapping[str, str]:
    return {"STANDIN": name}


def test_a_record_has_memory_of_server_info_and_log_and_a_rate_for_each_stream(
    tmp_path: Path,
) -> None:
    (record,) = drive([launch("one")], place(tmp_path), MACHINE, seconds=100)
    assert "failure" not in record
    assert record["weights_gib"] == 29.467
    assert record["kv_tokens"] == 1261455
    assert record["graphs_gib"] == 0.158
    assert record["mem_fraction_static"] == 0.841
    assert record["available_before_weights_gib"] == 78.5
    assert record["card"] == "stand-in"
    assert [item["streams"] for item in record["measured"]] == [1, 3]
    assert [len(item["rounds"]) for item in record["measured"]] == [2, 2]
    assert record["measured"][1]["rounds"][0]["requests"] == 6
    assert record["first_token_seconds"] > 0
    assert json.loads((tmp_path / "one.json").read_text()) == record


def test_the_engine_gets_the_plan_s_arguments_after_those_of_the_machine(tmp_path: Path) -> None:
    drive([launch("one")], where := place(tmp_path), MACHINE, seconds=100)
    first = (tmp_path / "one.0.log").read_text().splitlines()[0]
    model = str(tmp_path / "v2-lite")
    port = str(where.port + driving.PORT_STEP)
    expected = ["--model-path", model, "--host", "127.0.0.1", "--port", port]
    assert first == f"ARGUMENTS {json.dumps([*expected, '--tp-size', '1'])} 0"


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        ("dies", "LaunchError: rank 0 ended with 1"),
        ("hangs", "LaunchError: not healthy after 1 s"),
        ("short", "ValueError: request 0: 1 tokens, asked for 2"),
    ],
)
def test_a_launch_that_fails_says_why_and_the_next_one_runs(
    tmp_path: Path, how: str, failure: str
) -> None:
    bad = launch("bad", environment=mode(how), ready_seconds=1 if how == "hangs" else 20)
    first, second = drive([bad, launch("good")], place(tmp_path), MACHINE, seconds=100)
    assert first["failure"] == failure
    assert first["tails"][0][0].startswith("ARGUMENTS")
    assert "failure" not in second


def test_a_launch_without_time_left_is_not_started(tmp_path: Path) -> None:
    (record,) = drive([launch("late")], place(tmp_path), MACHINE, seconds=30)
    assert record["failure"] == "not started: 30 s were left"
    assert not (tmp_path / "late.0.log").exists()


def test_each_rank_has_its_gpus_and_a_killed_rank_is_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driving, "KILL_SECONDS", 1)
    two = launch("two", ranks=2, gpus_per_rank=2, kill_rank=1)
    (record,) = drive([two], place(tmp_path), MACHINE, seconds=100)
    assert record["failure"] == "LaunchError: rank 0 outlived rank 1 by 1 s"
    logs = [(tmp_path / f"two.{rank}.log").read_text().splitlines()[0] for rank in (0, 1)]
    assert [log.rsplit(" ", 1)[1] for log in logs] == ["0,1", "2,3"]
    assert '"--nnodes", "2", "--node-rank", "1", "--dist-init-addr"' in logs[1]


def test_with_dp_attention_rank_0_starts_after_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "HEAD_START_SECONDS", 0.2)
    arguments = ("--tp-size", "2", "--enable-dp-attention")
    with engine.started(launch("one", ranks=2, arguments=arguments), place(tmp_path)) as group:
        assert [rank.log.name for rank in group.ranks] == ["one.0.log", "one.1.log"]
        first, second = (rank.process.pid for rank in group.ranks)
        assert first > second


def test_a_killed_rank_s_leader_that_goes_is_timed_and_so_is_the_first_token_of_the_group_after_it(
    tmp_path: Path,
) -> None:
    (record,) = drive([launch("one", kill_rank=0)], place(tmp_path), MACHINE, seconds=100)
    assert "failure" not in record
    assert 0 <= record["gone_after_kill_seconds"] < 5
    assert 0 < record["ready_again_seconds"] <= record["token_after_kill_seconds"]


def test_the_next_launch_is_imported_while_one_is_measured_and_opened_after_it(
    tmp_path: Path,
) -> None:
    records = drive([launch("one"), launch("two")], place(tmp_path), MACHINE, seconds=100)
    assert [record["imported_before"] for record in records] == [False, True]
    made = [(tmp_path / name).stat().st_mtime for name in ("one.gate", "one.json", "two.gate")]
    assert made == sorted(made)


def test_the_plan_and_the_best_by_hand_run_in_turn_and_a_rank_is_killed_at_the_end() -> None:
    by_hand = {"about": {"chosen_by": "hand"}}
    all_of_them = [launch("plan", ranks=2), launch("a", **by_hand), launch("b", **by_hand)]
    records = [
        {"name": name, "chosen_by": "plan" if name == "plan" else "hand", "measured": measured}
        for name, measured in (("plan", rates(9)), ("a", rates(5)), ("b", rates(7)))
    ]
    turns = [(each.name, each.kill_rank) for each in alternation(all_of_them, records, 2)]
    assert turns == [("b-2", None), ("plan-2", None), ("b-3", None), ("plan-3", 1)]


def test_without_a_launch_by_hand_that_ran_the_plan_runs_alone() -> None:
    failed = {"name": "a", "chosen_by": "hand", "measured": rates(5), "failure": "no"}
    all_of_them = [launch("plan"), launch("a", about={"chosen_by": "hand"})]
    turns = [(each.name, each.kill_rank) for each in alternation(all_of_them, [failed], 1)]
    assert turns == [("plan-2", None)]


def test_no_process_of_a_launch_is_left(tmp_path: Path) -> None:
    where = place(tmp_path)
    with engine.started(launch("one", ranks=2), where) as group:
        pids = [rank.process.pid for rank in group.ranks]
        engine.wait_until_healthy(group, 20)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.killpg(pid, 0)


def test_the_memory_of_a_gpu_is_awaited_before_the_next_launch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([40_000, 2_600, 900])
    busy = replace(place(tmp_path), used_mib=readings.__next__)
    monkeypatch.setattr(engine, "POLL_SECONDS", 0.01)
    drive([launch("one", environment=mode("dies"))], busy, MACHINE, seconds=100)
    assert next(readings, None) is None
