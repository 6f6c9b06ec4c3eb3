"""Where the weights of a host will lie, and whether they fit there."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import FileSystem
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.preflight import preflight
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Model

from tests.unit.plugins.module_utils.intent.samples import (
    FACTS,
    GIB,
    PLAN,
    SITE,
    inventory,
    reached,
    site,
)
from tests.unit.plugins.module_utils.intent.test_preflight import EVIDENCE

R1 = site(site_model="deepseek-r1")


def refused(**values: Any) -> list[tuple[str, str]]:
    """Code of each fault, and what was needed."""
    faults = preflight(dataclasses.replace(EVIDENCE, **values))
    return [(fault.code, fault.needed) for fault in faults]


@pytest.mark.parametrize(
    ("values", "device", "needed"),
    [
        ({"disks": frozenset({"node1"})}, "1", []),
        ({"disks": frozenset({"node1"})}, "2", [("too_little_disk", "641.3 GiB")]),
        ({"site": dataclasses.replace(R1, site_nfs_server="cp1")}, "1", []),
        (
            {"site": dataclasses.replace(R1, site_nfs_server="node1")},
            "2",
            [("too_little_disk", "641.3 GiB")],
        ),
    ],
)
def test_weights_need_room_where_they_will_lie(
    values: dict[str, Any], device: str, needed: list[tuple[str, str]]
) -> None:
    """Not below a disk that is mounted later, and not on a host that mounts them over NFS."""
    path = f"{SITE.site_weights_destination}/deepseek-r1"
    place = FileSystem(device=device, free_bytes=2 * GIB, total_bytes=2 * GIB)
    small = dataclasses.replace(FACTS, filesystems={**FACTS.filesystems, path: place})
    planned = dataclasses.replace(PLAN, model=Model("deepseek-r1", "fp8"))
    large = FileSystem(device="2", free_bytes=1000 * GIB, total_bytes=1000 * GIB)
    roomy = dataclasses.replace(FACTS, filesystems={**FACTS.filesystems, path: large})
    given = {
        "inventory": inventory(serving=("cp1", "node1")),
        "site": R1,
        "model": None,
        "plan": planned,
        "states": {"cp1": reached(roomy), "node1": reached(small)},
    }
    found = [(code, text.partition(":")[0]) for code, text in refused(**{**given, **values})]
    assert found == needed
