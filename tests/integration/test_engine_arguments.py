"""Argument lists of plans, taken by SGLang's own parser of the pinned version in its image.

Each list goes through what `sglang.launch_server` does before it starts processes: argparse with
`ServerArgs.add_cli_args`; `prepare_server_args` with the whole of `ServerArgs.__post_init__`, which
compares sizes, roles, draft layers and weight format with the model's config.json; and
`check_server_args`.

The image is the one for CPUs and there is no GPU, so lists for GPUs get `--device cuda` added. What
SGLang asks a card is not checked: its memory, the backends that the engine chooses by compute
capability, and whether the card has the kernels of a backend or of AWQ. No weights are opened, and
RDMA devices are names in /sys/class. The router's arguments have a test of their own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.engine_flags import (
    FLAGS,
    flags_of,
    release_of,
)

from tests.integration.engine_cases import PLANS, Case, cases_of
from tests.integration.engine_image import PART, unpack
from tools.planned_sites import parts

SCRIPT = Path(__file__).with_name("engine_parser.py")
# As inventories/examples/4x8-a100-80 declares them.
RDMA_DEVICES = tuple(f"mlx5_{number}" for number in range(8))
# What is put after a plan's list: the plan, the arguments, and what the engine then says.
PLANTED: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "unknown option": (
        "stage2-same-rack",
        ("--tensor-size", "4"),
        "unrecognized arguments: --tensor-size 4",
    ),
    "wrong choice": (
        "disaggregated",
        ("--disaggregation-transfer-backend", "pigeon"),
        "--disaggregation-transfer-backend: invalid choice: 'pigeon'",
    ),
    "bad type": ("stage2-same-rack", ("--tp-size", "four"), "invalid int value: 'four'"),
    "no value": ("stage2-same-rack", ("--mem-fraction-static",), "expected one argument"),
    "attention groups that do not divide": (
        "stage2-same-rack",
        ("--dp-size", "3"),
        "assert self.tp_size % self.dp_size == 0",
    ),
    "ranks that do not divide": (
        "stage2-same-rack",
        ("--nnodes", "3"),
        "tp_size must be divisible by number of nodes",
    ),
    "draft layers in a pipeline": (
        "stage2-same-rack",
        ("--speculative-algorithm", "EAGLE"),
        "Pipeline parallelism is not compatible with overlap schedule, speculative decoding",
    ),
    "another quantisation": (
        "stage2-same-rack",
        ("--quantization", "awq"),
        "specified in the model config (fp8) does not match",
    ),
    "a longer context": (
        "stage1-single-node",
        ("--context-length", "999999"),
        "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN",
    ),
    "unknown RDMA device": (
        "disaggregated",
        ("--disaggregation-ib-device", "mlx5_9"),
        "Invalid IB devices specified for all GPUs: ['mlx5_9']",
    ),
}


@dataclass(frozen=True)
class Answer:
    """What the engine said to a list: an error or an empty text, and the values of its options."""

    error: str
    given: Mapping[str, Any]
    resolved: Mapping[str, Any]

    @property
    def changed(self) -> dict[str, Any]:
        """The values that the engine keeps in the place of given ones."""
        return {k: v for k, v in self.resolved.items() if v != self.given[k]}


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    """The argument lists by plan."""
    return {name: cases_of(name) for name in PLANS}


@pytest.fixture(scope="module")
def answers(cases: dict[str, list[Case]]) -> dict[str, list[Answer]]:
    """The engine's answers by plan or planted fault: all lists in one process, one import."""
    asked = dict(cases)
    for fault, (plan, arguments, _) in PLANTED.items():
        case = cases[plan][0]
        asked[fault] = [replace(case, arguments=(*case.arguments, *arguments))]
    with tempfile.TemporaryDirectory(prefix="engine-image-") as root:
        found = iter(_ask(Path(root), [case for each in asked.values() for case in each]))
    return {name: [next(found) for _ in each] for name, each in asked.items()}


@pytest.mark.parametrize("plan", PLANS)
def test_the_engine_accepts_the_lists_of_a_plan(
    answers: dict[str, list[Answer]], plan: str
) -> None:
    assert answers[plan]
    assert [each.error for each in answers[plan] if each.error] == []


@pytest.mark.parametrize("plan", PLANS)
def test_the_engine_keeps_what_the_plan_says(answers: dict[str, list[Answer]], plan: str) -> None:
    for answer in answers[plan]:
        # Its own rule for attention groups: each takes its part of a prefill chunk.
        groups = answer.given.get("dp_size", 1)
        chunk = answer.given.get("chunked_prefill_size", 0) // groups
        assert answer.changed == ({"chunked_prefill_size": chunk} if groups > 1 else {})


@pytest.mark.parametrize("fault", PLANTED)
def test_the_engine_refuses_a_planted_fault(answers: dict[str, list[Answer]], fault: str) -> None:
    assert PLANTED[fault][-1] in answers[fault][0].error


def test_the_lists_have_every_option_that_the_planner_knows(cases: dict[str, list[Case]]) -> None:
    release = release_of(parts()[PART]["version"])
    known = {flag.option for setting in FLAGS for flag in flags_of(setting, release)}
    written = {word for each in cases.values() for case in each for word in case.arguments}
    assert known - written == set()


def _ask(root: Path, cases: list[Case]) -> list[Answer]:
    image = unpack(root, RDMA_DEVICES)
    source, target = root / "tmp/cases.json", root / "tmp/answers.json"
    source.write_text(json.dumps([asdict(case) for case in cases]))
    image.run_python(SCRIPT, source.name, target.name)
    return [Answer(**found) for found in json.loads(target.read_text())]
