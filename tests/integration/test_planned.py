"""Objects of whole plans, each field known to the real API server (strict, by dry run)."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import Ref
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.rank_hosts import (
    worker_pod,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    serving_objects,
    shared_objects,
)

from lab.crowds.api import ControlPlane
from tests.plans import NAMES, group_specs, made_plan, plan
from tools.planned_sites import SITES


@pytest.mark.parametrize("name", NAMES)
def test_every_object_of_a_written_plan_is_accepted(
    plane: ControlPlane, namespace: str, name: str
) -> None:
    assert refused(plane, plan(name), namespace) == []


@pytest.mark.parametrize("site", SITES)
def test_every_object_of_an_inventorys_plan_is_accepted(
    plane: ControlPlane, namespace: str, site: str
) -> None:
    assert refused(plane, made_plan(site), namespace) == []


def test_prefill_and_decode_are_accepted_with_their_own_arguments(
    plane: ControlPlane, namespace: str
) -> None:
    document = made_plan("examples/4x8-a100-80", serving_mode="disaggregated")
    assert refused(plane, document, namespace) == []
    modes = {
        spec.name: spec.arguments[spec.arguments.index("--disaggregation-mode") + 1]
        for spec in group_specs(document, namespace)
    }
    assert modes == {"deepseek-r1-prefill": "prefill", "deepseek-r1-decode": "decode"}


def refused(plane: ControlPlane, document: dict[str, Any], namespace: str) -> list[str]:
    """What the API server says against each object, its unknown fields included."""
    specs = group_specs(document, namespace)
    objects = shared_objects(specs[0])
    for spec in specs:
        group, service = serving_objects(spec)
        objects += [group, service]
        if spec.size > 1:
            objects.append(worker_pod(group, rank=1))
    answers = (_refusal(plane, obj) for obj in objects)
    return [answer for answer in answers if answer]


def _refusal(plane: ControlPlane, obj: dict[str, Any]) -> str:
    ref = Ref.of(obj)
    path = ref.path.removesuffix(f"/{ref.name}")
    try:
        plane.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", obj)
    except HTTPError as error:
        return f"{ref}: {error.read().decode()}"
    return ""
