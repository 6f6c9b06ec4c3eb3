from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.rank_hosts import (
    policy_objects,
    rank_hosts,
    worker_pod,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    leader_worker_set,
    shared_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

from .groups import H100, LAB, SINGLE


@pytest.mark.parametrize(
    ("hosts", "annotations"),
    [
        (["a"], {}),
        (["a", "b"], {}),
        (["b", "c", "a"], {"sglang.baremetal.io/rank-hosts": "b,c,a"}),
    ],
)
def test_hosts_are_told_where_the_template_cannot_tell_them(
    hosts: list[str], annotations: dict[str, str]
) -> None:
    assert rank_hosts(hosts) == annotations


def test_claims_are_told_beside_the_hosts_and_never_alone() -> None:
    assert rank_hosts(["a", "b", "c"], "m-") == {
        "sglang.baremetal.io/rank-hosts": "a,b,c",
        "sglang.baremetal.io/model-claims": "m-",
    }
    assert rank_hosts(["a", "b"], "m-") == {}


def test_only_groups_that_need_the_policy_bring_it() -> None:
    kinds = {
        name: [obj["kind"] for obj in shared_objects(ServingGroupSpec.parse(parameters))]
        for name, parameters in {"lab": LAB, "single": SINGLE, "h100": H100}.items()
    }
    policy = ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]
    assert kinds == {"lab": [], "single": [], "h100": policy}


def test_binding_names_its_policy_and_both_carry_the_owner() -> None:
    policy, binding = policy_objects({"app": "x"})
    name = "rank-hosts.sglang.baremetal.io"
    assert policy["metadata"] == binding["metadata"] == {"name": name, "labels": {"app": "x"}}
    assert binding["spec"] == {"policyName": name}


def test_policy_refuses_a_pod_that_it_cannot_place() -> None:
    assert policy_objects({})[0]["spec"]["failurePolicy"] == "Fail"


def test_pod_that_is_asked_for_is_the_worker_of_that_rank() -> None:
    group = leader_worker_set(ServingGroupSpec.parse(H100))
    pod = worker_pod(group, rank=2)
    template = group["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    assert (pod["metadata"]["name"], pod["metadata"]["namespace"]) == (
        "deepseek-r1-asked-2",
        "serving",
    )
    assert pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] == "2"
    assert "leaderworkerset.sigs.k8s.io/name" not in pod["metadata"]["labels"]
    assert pod["metadata"]["annotations"] == template["metadata"]["annotations"]
    assert pod["spec"] == template["spec"]
