"""What the values of the topology become in a module's result."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Gpu,
    NvLink,
    NvLinkPeer,
    as_facts,
)


def test_facts_are_dicts_and_lists() -> None:
    gpu = Gpu(0, "0000:00:06.0", nvlink=NvLink(True, 4, False, (NvLinkPeer("0000:00:07.0", 4),)))
    assert as_facts((gpu,)) == [
        {
            "index": 0,
            "pci_address": "0000:00:06.0",
            "name": "",
            "uuid": "",
            "memory_mib": 0,
            "compute_capability": "",
            "pci_path": [],
            "numa_node": -1,
            "nvlink": {
                "known": True,
                "links": 4,
                "switch": False,
                "peers": [{"pci_address": "0000:00:07.0", "links": 4}],
            },
            "mig": {"mode": "unknown", "devices": 0},
            "ecc": {
                "mode": "unknown",
                "corrected": 0,
                "uncorrected": 0,
                "lifetime_corrected": 0,
                "lifetime_uncorrected": 0,
            },
            "lost": False,
        }
    ]
