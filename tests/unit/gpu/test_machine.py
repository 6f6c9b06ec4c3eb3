"""What the harness reads from the engine's log, nvidia-smi and the file of launches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.gpu.machine import engine_log
from tests.gpu.machine.card import parse_query, release, torch_fields
from tests.gpu.machine.launch import Load, read_launches
from tests.gpu.machine.measure import prompt
from tests.unit.gpu.standin_engine import LOG
from tests.unit.gpu.test_drive import launch


def test_figures_of_a_recorded_start() -> None:
    assert engine_log.figures(LOG) == {
        "available_before_weights_gib": 78.5,
        "log_weights_gib": 29.47,
        "available_after_weights_gib": 49.04,
        "available_after_pool_gib": 10.08,
        "decode_graphs_gib": 0.16,
        "decode_graphs_seconds": 83.18,
    }


def test_a_figure_that_is_not_there_is_left_out() -> None:
    assert engine_log.figures("nothing of it") == {}


def test_kept_lines_are_those_of_memory_transport_and_errors_cut_to_a_width() -> None:
    noise = "[2026-11-24 15:09:42] Init torch distributed ends. elapsed=0.08 s"
    channel = "host:1:2 [0] NCCL INFO Using network Socket"
    log = "\n".join([noise, channel, "RuntimeError: " + "x" * 400])
    assert engine_log.kept_lines(log) == [channel, "RuntimeError: " + "x" * 286]
    assert engine_log.kept_lines("\n".join(["Error"] * 99)) == ["Error"] * 60


def test_transports_are_counted_by_their_names() -> None:
    lines = [
        "host:1:2 [0] NCCL INFO Channel 00/0 : 0[0] -> 1[0] via P2P/IPC",
        "host:1:2 [0] NCCL INFO Channel 01/0 : 0[0] -> 1[0] via P2P/IPC",
        "host:1:2 [0] NCCL INFO Channel 00/0 : 1[0] -> 0[0] [receive] via NET/Socket/0",
        "host:1:2 [0] NCCL INFO Channel 00/24 : 0 1",
    ]
    assert engine_log.transports("\n".join(lines)) == {"NET/Socket/0": 1, "P2P/IPC": 2}


def test_tail_is_the_last_lines() -> None:
    log = "\n".join(str(number) for number in range(100))
    assert engine_log.tail(log) == [str(number) for number in range(75, 100)]


def test_nvidia_smi_s_answer_becomes_fields_of_a_record() -> None:
    text = "NVIDIA H100 80GB HBM3, 81559, 480, 580.159.04\n"
    assert parse_query(text) == [
        {
            "card": "NVIDIA H100 80GB HBM3",
            "memory_total_mib": 81559,
            "memory_reserved_mib": 480,
            "driver": "580.159.04",
        }
    ]


def test_versions_become_releases() -> None:
    assert torch_fields("2.98.0+cu130") == {"torch_release": [2, 98, 0], "cuda": "13.0"}
    assert release("0.98.17.post1") == [0, 98, 17]


def test_no_two_requests_share_a_first_token_and_all_ids_are_in_the_vocabulary() -> None:
    load = Load(prompt_tokens=512, answer_tokens=1, streams=(1,), rounds=1, vocabulary=102400)
    prompts = [prompt(number, load) for number in range(1000)]
    assert len({ids[0] for ids in prompts}) == 1000
    assert all(10 <= token < 102400 for ids in prompts for token in ids)
    assert {len(ids) for ids in prompts} == {512}


def test_launches_with_one_name_are_refused(tmp_path: Path) -> None:
    item = {
        "name": "one",
        "shape": "v2-lite",
        "ranks": 2,
        "gpus_per_rank": 1,
        "arguments": ["--tp-size", "1"],
        "environment": {},
        "ready_seconds": 20,
        "load": {
            "prompt_tokens": 4,
            "answer_tokens": 2,
            "streams": [1, 3],
            "rounds": 2,
            "vocabulary": 1000,
        },
        "kill_rank": None,
        "about": {"chosen_by": "plan"},
    }
    file = tmp_path / "launches.json"
    file.write_text(json.dumps([item]))
    assert read_launches(file) == (launch("one", ranks=2),)
    file.write_text(json.dumps([item, item]))
    with pytest.raises(ValueError, match="launches named twice: one"):
        read_launches(file)
