"""Objects of whole plans, each field known to the real API server (strict, by dry run)."""

from __future__ import annotations

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
from tests.plans import NAMES, group_specs, plan


@pytest.mark.parametrize("name", NAMES)
def test_every_object_of_a_plan_is_accepted(plane: ControlPlane, namespace: str, name: str) -> None:
    specs = group_specs(plan(name), namespace)
    objects = shared_objects(specs[0])
    for spec in specs:
        group, service = serving_objects(spec)
        objects += [group, service, worker_pod(group, rank=1)]
    for obj in objects:
        ref = Ref.of(obj)
        path = ref.path.removesuffix(f"/{ref.name}")
        accepted = plane.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", obj)
        assert accepted["metadata"]["name"] == ref.name
