"""The router's container as the manifests make it, in its image, before simulated engines."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router import (
    router_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router_spec import (
    RouterSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan

from lab.bundle.builder import run
from tests.integration.engine_image import unpack
from tests.metric_pages import page, series_of
from tests.plans import plan

SCRIPT = Path(__file__).with_name("router_trial.py")
KEY = "a-key-of-the-test"
LEAST = ["--policy", "power_of_two", "--power-of-two-load-metric", "least_requests"]
PORT = 31500
"""The engines' own port: the router has theirs on all addresses, which are those of one machine."""


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What router_trial.py saw, of the plan two-groups."""
    document = {**plan("two-groups"), "router_arguments": LEAST}
    document["ports"] = {**document["ports"], "serving": PORT}
    spec = RouterSpec.of_plan(
        parse_plan(document), namespace="serving", image="a/b:1", replicas=2, node_port=0
    )
    pod = router_objects(spec)[-1]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    with tempfile.TemporaryDirectory(prefix="router-trial-") as directory:
        root = Path(directory, "root")
        root.mkdir()
        image = unpack(root, (), part="router")
        keys = root / container["volumeMounts"][0]["mountPath"].lstrip("/")
        keys.mkdir()
        (keys / "default").write_text(KEY)
        groups = [group["name"] for group in document["groups"]]
        addresses = [f"127.0.1.{number}" for number, _ in enumerate(groups, 1)]
        lines = [
            f"{address} {name}-0.{name}.serving\n"
            for address, name in zip(addresses, groups, strict=True)
        ]
        (root / "etc/hosts").write_text("".join(["127.0.0.1 localhost\n", *lines]))
        trial = {
            "root": str(root),
            "command": [*container["command"], *container["args"]],
            "environment": dict(image.environment),
            "user": pod["securityContext"]["runAsUser"],
            "engines": addresses,
            "port": PORT,
            "key": KEY,
            "series": sorted(recorded()),
        }
        file = Path(directory, "trial.json")
        file.write_text(json.dumps(trial))
        isolated = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
        printed = run([*isolated, sys.executable, SCRIPT, file])
    found: dict[str, Any] = json.loads(printed)
    return found


def recorded() -> dict[str, frozenset[str]]:
    """The series of the recorded page, but for one that a machine has only after a stall."""
    series = series_of(page("router"))
    del series["smg_tokio_event_loop_stalls_total"]
    return series


def test_a_question_needs_the_key(seen: dict[str, Any]) -> None:
    assert seen["key"] == [200] * 8
    assert (seen["no key"], seen["wrong key"]) == (401, 401)


def test_a_clients_key_opens_no_control_plane(seen: dict[str, Any]) -> None:
    assert seen["control plane"] == 401


def test_both_leaders_are_asked(seen: dict[str, Any]) -> None:
    assert sum(seen["asked"]) == 8
    assert min(seen["asked"]) > 0


def test_no_question_is_lost_with_an_engine(seen: dict[str, Any]) -> None:
    assert seen["lost"] == [200] * 8


def test_an_answer_that_has_begun_ends_before_the_router(seen: dict[str, Any]) -> None:
    assert seen["draining"] == 503
    assert seen["stream"] == "data: [DONE]\n\n"
    assert seen["exit"] == 0


def test_metrics_are_served_and_the_key_is_in_no_log(seen: dict[str, Any]) -> None:
    served = series_of(seen["metrics"])
    assert {name: served.get(name) for name in recorded()} == recorded()
    assert "Beginning graceful shutdown" in seen["log"]
    assert KEY not in seen["log"]
