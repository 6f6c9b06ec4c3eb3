"""Plans as files or made by the planner, and what role sglang makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.planned import (
    planned_groups,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import make_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.planning_input import (
    read_question,
)
from ansible_collections.baremetal.sglang.plugins.modules import serving_group

from tools.planned_sites import planning_options

PLANS = Path(__file__).with_name("fixtures") / "plans"
NAMES = ("stage2", "stage3", "two-groups")


def plan(name: str) -> dict[str, Any]:
    """A plan of schema 1, which is one."""
    document: dict[str, Any] = yaml.safe_load((PLANS / f"{name}.yml").read_text(encoding="utf-8"))
    parse_plan(document, source=name)
    return document


def made_plan(site: str, **constraints: Any) -> dict[str, Any]:
    """What the planner makes of C(inventories/<site>), under further constraints."""
    options = planning_options(site)
    asked = {**options, "constraints": {**options["constraints"], **constraints}}
    return make_plan(read_question(asked))


def lab_plan() -> dict[str, Any]:
    """What the planner makes of the lab, on hosts as small as the README allows."""
    options = planning_options("lab")
    hardware = {"memory_gib": 24, "cores": 2}
    hosts = [{**host, "hardware": {**host["hardware"], **hardware}} for host in options["hosts"]]
    return make_plan(read_question({**options, "hosts": hosts}))


def group_specs(document: dict[str, Any], namespace: str, **changes: Any) -> list[ServingGroupSpec]:
    """The groups of a plan as roles/sglang/tasks/apply_groups.yml gives them to serving_group."""
    return [_spec(group, namespace, changes) for group in planned_groups(parse_plan(document))]


def _spec(parameters: dict[str, Any], namespace: str, changes: dict[str, Any]) -> ServingGroupSpec:
    asked = {
        **parameters,
        "namespace": namespace,
        "image": "docker.io/lmsysorg/sglang:v1",
        "model_path": f"/var/lib/baremetal-sglang/models/{parameters['served_model_name']}",
        **changes,
    }
    checked = ArgumentSpecValidator(serving_group.ARGUMENTS).validate(asked)
    assert checked.error_messages == []
    return ServingGroupSpec.parse(checked.validated_parameters)
