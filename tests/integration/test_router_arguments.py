"""Argument lists of plans' routers, taken by the router's own parser in its image.

The parser is the real one, and it makes the router itself; what this would refuse only when it
starts, such as power_of_two in front of one engine, is not seen here.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router import (
    launch_arguments,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router_spec import (
    RouterSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_intent import (
    read_intent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_rows import STRATEGIES
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan

from tests.integration.engine_image import unpack
from tests.plans import NAMES, made_plan, plan

SCRIPT = Path(__file__).with_name("router_parser.py")
PART = "router"
KEY = ("--tenant-api-key", "tenant:key")
# What is put after a list, and what the router then says.
PLANTED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "unknown option": (("--least-connections",), "unrecognized arguments: --least-connections"),
    "wrong choice": (("--policy", "least_connections"), "invalid choice: 'least_connections'"),
    "bad type": (("--port", "http"), "invalid int value: 'http'"),
    "no value": (("--prometheus-port",), "expected one argument"),
    "key without a tenant": (("--tenant-api-key", "key"), "missing ':' separator"),
}


def arguments(document: dict[str, Any]) -> list[str]:
    spec = RouterSpec.of_plan(
        parse_plan(document), namespace="serving", image="a/b:1", replicas=2, node_port=0
    )
    return [*launch_arguments(spec), *KEY]


def cases() -> dict[str, list[str]]:
    """Lists by what they are of: each plan, each strategy, prefill and decode, planted faults."""
    found = {name: arguments(plan(name)) for name in NAMES}
    for strategy in STRATEGIES:
        balancing = {"strategy": strategy, "update_interval": "5s"}
        file = {"load_balancing": balancing, "monitoring": {"port": 29001}}
        settings = list(read_intent(file, source="f").settings.router_arguments)
        found[strategy] = arguments({**plan("two-groups"), "router_arguments": settings})
    roles = made_plan("examples/4x8-a100-80", serving_mode="disaggregated")
    found["prefill and decode"] = arguments(roles)
    for fault, (words, _) in PLANTED.items():
        found[fault] = [*found["two-groups"], *words]
    return found


CASES = cases()


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """What the router says to each list."""
    with tempfile.TemporaryDirectory(prefix="router-image-") as root:
        image = unpack(Path(root), (), part=PART)
        source, target = image.root / "tmp/cases.json", image.root / "tmp/answers.json"
        source.write_text(json.dumps(list(CASES.values())))
        image.run_python(SCRIPT, source.name, target.name)
        return dict(zip(CASES, json.loads(target.read_text()), strict=True))


@pytest.mark.parametrize("name", [name for name in CASES if name not in PLANTED])
def test_the_router_accepts_the_list(answers: dict[str, str], name: str) -> None:
    assert answers[name] == ""


@pytest.mark.parametrize("fault", PLANTED)
def test_the_router_refuses_a_planted_fault(answers: dict[str, str], fault: str) -> None:
    assert PLANTED[fault][-1] in answers[fault]
