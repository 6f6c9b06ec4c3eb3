from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.baremetal.sglang.plugins.modules import node_labels

ASKED: dict[str, Any] = {
    "kubeconfig": "/nonexistent/kubeconfig",
    "nodes": {"gpu-01": {"rack": "a"}, "gpu-02": {"rack": 7, "row": ""}},
}
REASON = "kubeconfig /nonexistent/kubeconfig does not exist"


def run(capsys: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    with patch_module_args({**ASKED, **arguments}), pytest.raises(SystemExit):
        node_labels.main()
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_check_mode_without_a_cluster_shows_labels_that_were_not_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = run(capsys, _ansible_check_mode=True, _ansible_diff=True)
    assert result["changed"] is True
    assert result["actions"] == [
        f"set sglang.baremetal.io/rack=a on Node gpu-01 (not asked: {REASON})",
        f"set sglang.baremetal.io/rack=7 on Node gpu-02 (not asked: {REASON})",
        f"set sglang.baremetal.io/row= on Node gpu-02 (not asked: {REASON})",
    ]
    assert result["diff"] == {
        "before": {"gpu-01": {}, "gpu-02": {}},
        "after": result["nodes"],
    }
    assert result["nodes"] == {
        "gpu-01": {"sglang.baremetal.io/rack": "a"},
        "gpu-02": {"sglang.baremetal.io/rack": "7", "sglang.baremetal.io/row": ""},
    }


def test_without_a_cluster_the_kubeconfig_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys)
    assert result["failed"] is True
    assert result["msg"] == f"{REASON}; name the file that kubeadm wrote (kubeconfig)"


def test_all_faults_come_in_one_error_before_any_cluster_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = run(
        capsys,
        prefix="x.k8s.io/",
        nodes={"gpu-02": {"rack": "a b", "row/x": 1}, "GPU": {}, "gpu-03": ["rack"]},
    )
    assert result["msg"].startswith("node labels x.k8s.io/: nodes.gpu-02.rack: found")
    assert [fault.split(": found")[0] for fault in result["faults"]] == [
        "nodes.gpu-02.rack",
        "nodes.gpu-02.row/x",
        "nodes.gpu-03",
        "nodes",
        "prefix",
    ]
