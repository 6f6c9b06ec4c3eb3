from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.baremetal.sglang.plugins.modules import serving_group

(EXAMPLE, _) = yaml.safe_load(serving_group.EXAMPLES)
ASKED: dict[str, Any] = {
    **EXAMPLE["baremetal.sglang.serving_group"],
    "image": "docker.io/lmsysorg/sglang:v1-cpu",
    "kubeconfig": "/nonexistent/kubeconfig",
}


def run(capsys: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    with patch_module_args({**ASKED, **arguments}), pytest.raises(SystemExit):
        serving_group.main()
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_check_mode_without_a_cluster_shows_creations_that_were_not_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = run(capsys, _ansible_check_mode=True, _ansible_diff=True)
    reason = "(not asked: kubeconfig /nonexistent/kubeconfig does not exist)"
    assert result["changed"] is True
    assert result["actions"] == [
        f"create LeaderWorkerSet serving/smollm2 {reason}",
        f"create Service serving/smollm2-endpoint {reason}",
    ]
    assert result["diff"]["before"] == {}
    assert set(result["diff"]["after"]) == {
        "LeaderWorkerSet serving/smollm2",
        "Service serving/smollm2-endpoint",
    }
    assert result["group"] == {
        "name": "smollm2",
        "namespace": "serving",
        "state": "present",
        "ready": False,
        "pods": [],
        "endpoint": {"host": "smollm2-endpoint.serving.svc", "port": 30000, "node_port": 30080},
    }


def test_removal_in_check_mode_without_a_cluster_has_nothing_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = run(capsys, state="absent", _ansible_check_mode=True)
    assert (result["changed"], result["actions"]) == (False, [])
    assert result["group"]["state"] == "absent"


def test_without_a_cluster_the_kubeconfig_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys)
    assert result["failed"] is True
    assert result["msg"] == (
        "kubeconfig /nonexistent/kubeconfig does not exist; name the file that kubeadm wrote "
        "(kubeconfig)"
    )


def test_all_faults_come_in_one_error_before_any_cluster_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = run(capsys, image="sglang:latest", arguments=["--port", "1"], node_port=1)
    assert result["msg"].startswith("serving group serving/smollm2: arguments: --port is set by")
    assert [fault.split(":")[0] for fault in result["faults"]] == [
        "arguments",
        "image",
        "node_port",
    ]


def test_what_a_present_group_needs_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    with patch_module_args({"name": "smollm2", "image": "a:v1"}), pytest.raises(SystemExit):
        serving_group.main()
    assert json.loads(capsys.readouterr().out)["msg"] == (
        "state is present but all of the following are missing: ranks, served_model_name, "
        "model_path, resources"
    )
