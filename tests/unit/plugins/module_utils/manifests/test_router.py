"""The router's objects: against a snapshot, and what must hold of them.

After an intended change:
C(PYTHONPATH=.collections:. python -m tests.unit.plugins.module_utils.manifests.test_router)
writes the snapshot anew; review it with C(git diff).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.filter.planned_router import FilterModule
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router import (
    DRAIN_SECONDS,
    ENDPOINT_SECONDS,
    LAUNCH,
    launch_arguments,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router_spec import (
    RouterSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan

from tests.plans import plan

SNAPSHOT = Path(__file__).with_name("snapshots") / "router.yml"
OPTIONS = Path(__file__).parents[4] / "fixtures" / "engine" / "router-options-1.13.0.txt"
GIVEN = {"namespace": "serving", "image": "docker.io/lightseekorg/smg:1", "replicas": 2}
LEAST = ["--policy", "power_of_two", "--power-of-two-load-metric", "least_requests"]


def objects(settings: list[str] | None = None, **changes: Any) -> dict[str, dict[str, Any]]:
    """The objects by kind, as role sglang makes them of the plan two-groups."""
    document = plan("two-groups")
    if settings is not None:
        document["router_arguments"] = settings
    made = FilterModule().filters()["planned_router"](document, **{**GIVEN, **changes})
    return {obj["kind"]: obj for obj in made}


def pod(**changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = objects(**changes)["Deployment"]["spec"]["template"]["spec"]
    return spec


def rendered() -> str:
    text: str = yaml.dump_all(
        objects(LEAST, node_port=30080).values(), explicit_start=True, sort_keys=True
    )
    return text


def spec_of(settings: list[str], **changes: Any) -> RouterSpec:
    document = {**plan("two-groups"), "router_arguments": settings}
    return RouterSpec.of_plan(parse_plan(document), **{**GIVEN, "node_port": 0, **changes})


def test_objects_equal_the_snapshot_byte_for_byte() -> None:
    assert rendered() == SNAPSHOT.read_text(encoding="utf-8")


def test_the_leaders_are_the_only_engines() -> None:
    args = pod()["containers"][0]["args"]
    names = [group["name"] for group in plan("two-groups")["groups"]]
    assert args[args.index("--worker-urls") + 1 :] == [
        f"http://{name}-0.{name}.serving:30000" for name in names
    ]
    assert not [word for word in args if "selector" in word or "discovery" in word]


def test_the_pod_is_one_that_pod_security_restricted_takes_and_has_no_token() -> None:
    template = pod()
    assert template["automountServiceAccountToken"] is False
    assert template["securityContext"]["runAsNonRoot"] is True
    assert template["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert template["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_the_pod_has_time_for_its_connections_and_its_answers() -> None:
    template = pod()
    container = template["containers"][0]
    args = container["args"]
    drain = int(args[args.index("--shutdown-grace-period-secs") + 1])
    wait = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert (wait, drain) == (ENDPOINT_SECONDS, DRAIN_SECONDS)
    assert template["terminationGracePeriodSeconds"] > wait + drain


def test_an_update_takes_no_router_away_and_a_drain_only_one() -> None:
    made = objects()
    assert made["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert made["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_selectors_find_the_pods() -> None:
    made = objects()
    labels = made["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    selectors = [
        made["Service"]["spec"]["selector"],
        made["Deployment"]["spec"]["selector"]["matchLabels"],
        made["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        pod()["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    ]
    assert all(selector and selector.items() <= labels for selector in selectors)


def test_probes_and_services_name_ports_that_the_container_has() -> None:
    container = pod()["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    args = dict(zip(container["args"], container["args"][1:], strict=False))
    assert ports == {
        "http": int(args["--port"]),
        "health": int(args["--health-check-port"]),
        "metrics": int(args["--prometheus-port"]),
    }
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "health"
    (port,) = objects()["Service"]["spec"]["ports"]
    assert port["targetPort"] == "http"


def test_the_port_of_the_metrics_may_be_the_intent_files() -> None:
    container = pod(settings=["--prometheus-port", "29001"])["containers"][0]
    assert container["args"].count("--prometheus-port") == 1
    assert {"name": "metrics", "containerPort": 29001, "protocol": "TCP"} in container["ports"]


@pytest.mark.parametrize(("node_port", "kind"), [(0, "ClusterIP"), (30080, "NodePort")])
def test_nodes_answer_where_a_port_is_given(node_port: int, kind: str) -> None:
    service = objects(node_port=node_port)["Service"]["spec"]
    assert service["type"] == kind
    assert service["ports"][0].get("nodePort", 0) == node_port


def test_other_keys_are_another_template() -> None:
    with_keys = objects(keys_version="7")["Deployment"]["spec"]["template"]["metadata"]
    assert with_keys["annotations"] == {"sglang.baremetal.io/keys-version": "7"}
    assert "annotations" not in objects()["Deployment"]["spec"]["template"]["metadata"]


def test_each_option_is_one_of_the_routers_and_has_a_value_or_none() -> None:
    lines = OPTIONS.read_text(encoding="utf-8").splitlines()
    known = dict(line.split()[:2] for line in lines)
    args = launch_arguments(spec_of([*LEAST, "--load-monitor-interval", "5"]))
    options = [word for word in args if word.startswith("--")]
    assert len(options) == len(set(options))
    for option in options:
        following = args[args.index(option) + 1 : args.index(option) + 2]
        given = bool(following) and not following[0].startswith("--")
        assert given is (known[option] != "flag"), option


def test_all_faults_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        spec_of(
            ["--api-key", "k", "--prometheus-port", "30000", "--policy"],
            namespace="a.b",
            image="smg:latest",
            replicas=0,
            node_port=80,
        )
    text = str(caught.value)
    for part in (
        "namespace: found 'a.b'",
        "image: found 'smg:latest' with the floating tag 'latest'",
        "node_port: found 80",
        "replicas: found 0",
        "router_arguments: found 5 words",
        "router_arguments: found --api-key, needed one of --policy",
        "router_arguments: found --prometheus-port 30000, needed 1024 to 65535",
    ):
        assert part in text
    with pytest.raises(AnsibleFilterError, match="replicas: found 0"):
        objects(replicas=0)


def launch(tmp_path: Path, keys: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the launcher with a stand-in of the router that prints what it is given."""
    package = tmp_path / "smg"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "launch_router.py").write_text("parse_router_args, launch_router = list, print\n")
    directory = tmp_path / "keys"
    directory.mkdir()
    for name, key in keys.items():
        (directory / name).write_text(key)
    return subprocess.run(
        [sys.executable, "-c", LAUNCH.replace("/etc/router-keys", str(directory)), "--port", "1"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_launcher_gives_each_key_with_the_name_of_its_tenant(tmp_path: Path) -> None:
    done = launch(tmp_path, {"b": "two\n", "a": "one", "..data": "no"})
    assert done.stdout == (
        "['--port', '1', '--tenant-api-key', 'a:one', '--tenant-api-key', 'b:two']\n"
    )


def test_a_router_without_any_key_does_not_start(tmp_path: Path) -> None:
    done = launch(tmp_path, {})
    assert done.returncode == 1
    assert "the router would answer everybody" in done.stderr


if __name__ == "__main__":
    SNAPSHOT.write_text(rendered(), encoding="utf-8")
