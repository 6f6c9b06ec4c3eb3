"""Requests to module serving_group as tests make them."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import Request
from ansible_collections.baremetal.sglang.plugins.modules import serving_group

from lab.crowds.api import ControlPlane


def parameters(plane: ControlPlane, namespace: str, **changes: Any) -> dict[str, Any]:
    asked = {
        "kubeconfig": str(plane.kubeconfig),
        "name": "smollm2",
        "namespace": namespace,
        "image": "docker.io/lmsysorg/sglang:v1-cpu",
        "served_model_name": "smollm2",
        "model_path": "/srv/models/smollm2",
        "ranks": [{"rank": 0, "host": "node1"}, {"rank": 1, "host": "node2"}],
        "resources": {"cpu": "0.5", "memory_gib": 4},
        "wait": False,
        **changes,
    }
    checked = ArgumentSpecValidator(serving_group.ARGUMENTS).validate(asked)
    assert checked.error_messages == []
    valid: dict[str, Any] = checked.validated_parameters
    return valid


def run(plane: ControlPlane, namespace: str, *, check: bool = False, **changes: Any) -> Change:
    request = Request(parameters(plane, namespace, **changes), check_mode=check, diff_mode=True)
    return serving_group.operate(request)
