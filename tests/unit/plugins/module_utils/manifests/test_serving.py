"""Objects of sample groups against snapshots.

After an intended change: C(python -m tests.unit.plugins.module_utils.manifests.test_serving)
writes the snapshots anew; review them with C(git diff).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    leader_worker_set,
    serving_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

from .groups import CLAIMED, H100, LAB, SINGLE

SNAPSHOTS = Path(__file__).with_name("snapshots")
SAMPLES = {"lab": LAB, "h100": H100, "single": SINGLE, "claimed": CLAIMED}


class _NoAliases(yaml.SafeDumper):
    """Writes every value where it stands."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  PyYAML's signature
        return True


def rendered(parameters: dict[str, Any]) -> str:
    objects = serving_objects(ServingGroupSpec.parse(parameters))
    text: str = yaml.dump_all(objects, Dumper=_NoAliases, explicit_start=True)
    return text


def pod_templates(parameters: dict[str, Any]) -> dict[str, dict[str, Any]]:
    group = serving_objects(ServingGroupSpec.parse(parameters))[0]
    template = group["spec"]["leaderWorkerTemplate"]
    return {
        name: template[name]["spec"]
        for name in ("leaderTemplate", "workerTemplate")
        if name in template
    }


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_objects_equal_the_snapshot_byte_for_byte(name: str) -> None:
    assert rendered(SAMPLES[name]) == (SNAPSHOTS / f"{name}.yml").read_text(encoding="utf-8")


def test_order_of_ranks_and_variables_does_not_matter() -> None:
    turned = {
        **LAB,
        "ranks": list(reversed(LAB["ranks"])),
        "environment": dict(reversed(LAB["environment"].items())),
    }
    assert rendered(turned) == rendered(LAB)


def test_leader_and_workers_are_kept_to_their_hosts() -> None:
    hosts = {
        name: pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
            "nodeSelectorTerms"
        ][0]["matchExpressions"][0]["values"]
        for name, pod in pod_templates(H100).items()
    }
    assert hosts == {
        "leaderTemplate": ["gpu-00.example.net"],
        "workerTemplate": ["gpu-01.example.net", "gpu-02.example.net"],
    }


def test_a_group_with_a_topology_of_its_own_says_so_to_leaderworkerset() -> None:
    group = leader_worker_set(ServingGroupSpec.parse({**LAB, "exclusive_topology": "a.b/rack"}))
    assert group["metadata"]["annotations"] == {
        "leaderworkerset.sigs.k8s.io/exclusive-topology": "a.b/rack"
    }
    assert "annotations" not in leader_worker_set(ServingGroupSpec.parse(LAB))["metadata"]


def test_a_single_rank_needs_no_leader_template_and_no_meeting_point() -> None:
    templates = pod_templates(SINGLE)
    assert list(templates) == ["workerTemplate"]
    assert "--dist-init-addr" not in templates["workerTemplate"]["containers"][0]["args"]


def test_values_of_a_person_are_not_expanded_but_those_of_the_group_are() -> None:
    arguments = pod_templates(H100)["leaderTemplate"]["containers"][0]["args"]
    assert "costs $$(HOME)$$5" in arguments
    assert arguments[-1] == "$(LWS_LEADER_ADDRESS):20000"


def test_own_default_of_a_variable_can_be_replaced() -> None:
    variables = pod_templates(H100)["leaderTemplate"]["containers"][0]["env"]
    assert {"name": "HOME", "value": "/cache"} in variables


@pytest.mark.parametrize("parameters", [LAB, H100, SINGLE])
def test_no_pod_has_more_rights_than_it_needs(parameters: dict[str, Any]) -> None:
    for pod in pod_templates(parameters).values():
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        container = pod["containers"][0]
        added = container["securityContext"]["capabilities"].pop("add", [])
        assert added == (["IPC_LOCK"] if parameters is H100 else [])
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
        assert container["volumeMounts"][0]["readOnly"] is True


def test_a_cache_is_a_directory_of_the_host_that_each_rank_may_write_to() -> None:
    for pod in pod_templates(H100).values():
        path = "/var/lib/baremetal-sglang/cache/sglang-v1"
        assert pod["volumes"][-1] == {
            "name": "cache",
            "hostPath": {"path": path, "type": "Directory"},
        }
        assert pod["containers"][0]["volumeMounts"][-1] == {
            "name": "cache",
            "mountPath": "/var/cache/sglang",
        }


def test_without_a_cache_the_model_is_all_that_a_pod_has_of_the_host() -> None:
    for pod in pod_templates(LAB).values():
        of_host = [volume["name"] for volume in pod["volumes"] if "hostPath" in volume]
        assert of_host == ["model"]


@pytest.mark.parametrize(("seconds", "failures"), [(1, 1), (5, 1), (6, 2), (900, 180), (1801, 361)])
def test_startup_probe_waits_at_least_as_long_as_asked(seconds: int, failures: int) -> None:
    pods = pod_templates({**LAB, "startup_seconds": seconds})
    probes = [pod["containers"][0]["startupProbe"] for pod in pods.values()]
    assert [probe["failureThreshold"] for probe in probes] == [failures, failures]
    assert {probe["periodSeconds"] for probe in probes} == {5}


def test_health_of_rank_0_takes_over_a_second_so_probes_wait_longer() -> None:
    container = pod_templates(LAB)["leaderTemplate"]["containers"][0]
    timeouts = {
        name: container[name]["timeoutSeconds"]
        for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert timeouts == {"startupProbe": 10, "readinessProbe": 10, "livenessProbe": 25}


if __name__ == "__main__":
    for sample, values in SAMPLES.items():
        (SNAPSHOTS / f"{sample}.yml").write_text(rendered(values), encoding="utf-8")
