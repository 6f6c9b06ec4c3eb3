"""Plans as files of tests/fixtures/plans, and what role sglang makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.topology import (
    exclusive_topology,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan
from ansible_collections.baremetal.sglang.plugins.modules import serving_group

PLANS = Path(__file__).with_name("fixtures") / "plans"
NAMES = ("stage2", "stage3", "two-groups")


def plan(name: str) -> dict[str, Any]:
    """A plan of schema 1, which is one."""
    document: dict[str, Any] = yaml.safe_load((PLANS / f"{name}.yml").read_text(encoding="utf-8"))
    parse_plan(document, source=name)
    return document


def group_specs(document: dict[str, Any], namespace: str) -> list[ServingGroupSpec]:
    """The groups of a plan as roles/sglang/tasks/apply_groups.yml gives them to serving_group."""
    return [_spec(document, group, namespace) for group in document["groups"]]


def _spec(document: dict[str, Any], group: dict[str, Any], namespace: str) -> ServingGroupSpec:
    asked = {
        **{key: document[key] for key in ("arguments", "environment", "resources", "ports")},
        **{key: document[key] for key in ("shared_memory_mib", "startup_seconds")},
        "name": group["name"],
        "namespace": namespace,
        "ranks": group["ranks"],
        "exclusive_topology": exclusive_topology(document, group["name"]),
        "image": "docker.io/lmsysorg/sglang:v1",
        "model_path": f"/var/lib/baremetal-sglang/models/{document['model']['name']}",
        "served_model_name": document["model"]["name"],
    }
    checked = ArgumentSpecValidator(serving_group.ARGUMENTS).validate(asked)
    assert checked.error_messages == []
    return ServingGroupSpec.parse(checked.validated_parameters)
