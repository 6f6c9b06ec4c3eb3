"""Objects of whole plans against snapshots.

After an intended change:
C(PYTHONPATH=.collections:. python -m tests.unit.plugins.module_utils.manifests.test_planned)
writes the snapshots anew; review them with C(git diff).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    serving_objects,
    shared_objects,
)

from tests.plans import NAMES, group_specs, plan

SNAPSHOTS = Path(__file__).with_name("snapshots")
EXCLUSIVE = {"leaderworkerset.sigs.k8s.io/exclusive-topology": "sglang.baremetal.io/rack"}


class _NoAliases(yaml.SafeDumper):
    """Writes every value where it stands."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  PyYAML's signature
        return True


def planned_objects(name: str) -> list[dict[str, Any]]:
    """All objects of a plan in the order of applying, those that its groups share once."""
    specs = group_specs(plan(name), "serving")
    return [*shared_objects(specs[0]), *(obj for spec in specs for obj in serving_objects(spec))]


def rendered(name: str) -> str:
    text: str = yaml.dump_all(planned_objects(name), Dumper=_NoAliases, explicit_start=True)
    return text


def groups(name: str) -> dict[str, dict[str, Any]]:
    return {
        obj["metadata"]["name"]: obj
        for obj in planned_objects(name)
        if obj["kind"] == "LeaderWorkerSet"
    }


@pytest.mark.parametrize("name", NAMES)
def test_objects_equal_the_snapshot_byte_for_byte(name: str) -> None:
    assert rendered(name) == (SNAPSHOTS / f"{name}.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stage2", {"deepseek-r1": EXCLUSIVE}),
        ("stage3", {"deepseek-r1": None}),
        ("two-groups", {"llama-r1": EXCLUSIVE, "llama-r2": EXCLUSIVE}),
    ],
)
def test_groups_that_fit_a_rack_of_their_own_keep_to_it(
    name: str, expected: dict[str, Any]
) -> None:
    found = {group: obj["metadata"].get("annotations") for group, obj in groups(name).items()}
    assert found == expected


def test_every_rank_is_told_its_host_in_order_of_rank() -> None:
    template = groups("stage3")["deepseek-r1"]["spec"]["leaderWorkerTemplate"]
    hosts = [f"gpu-0{number}" for number in (1, 3, 5, 7, 2, 4, 6, 8)]
    assert template["workerTemplate"]["metadata"]["annotations"] == {
        "sglang.baremetal.io/rank-hosts": ",".join(hosts)
    }
    assert "annotations" not in template["leaderTemplate"]["metadata"]


if __name__ == "__main__":
    for sample in NAMES:
        (SNAPSHOTS / f"{sample}.yml").write_text(rendered(sample), encoding="utf-8")
