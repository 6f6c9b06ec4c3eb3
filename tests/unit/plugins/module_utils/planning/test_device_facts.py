"""Facts of devices come back as the values that they were made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.device_facts import (
    parse_gpus,
    parse_nics,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Gpu,
    NvLinkPeer,
    as_facts,
)

from tests.unit.plugins.module_utils.planning.fact_samples import (
    constructed_facts,
    constructed_nics,
    recorded_gpus,
)

CONSTRUCTED = ("dgx-a100", "dgx-b200", "hgx-h20", "l40s-pcie", "lost", "mig", "none")


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_constructed_hosts_come_back(name: str, tmp_path: Path) -> None:
    gpu, rdma = constructed_facts(tmp_path, name)
    without_distances = {key: value for key, value in gpu.items() if key != "distances"}
    assert as_facts(parse_gpus(gpu, host="h")) == without_distances
    assert as_facts(parse_nics(rdma, host="h")) == rdma["devices"]


@pytest.mark.parametrize("name", ["h100x1", "h100x2"])
def test_recorded_gpus_come_back(name: str) -> None:
    facts = recorded_gpus(name)
    host = parse_gpus(facts, host="h")
    assert as_facts(host.gpus) == facts["gpus"]
    assert {type(gpu) for gpu in host.gpus} == {Gpu}
    assert (host.driver, host.gpus[0].memory_mib) == ("580.159.04", 81559)
    assert all(isinstance(peer, NvLinkPeer) for gpu in host.gpus for peer in gpu.nvlink.peers)


def test_all_kinds_of_rdma_devices_come_back(tmp_path: Path) -> None:
    facts = constructed_nics(tmp_path)
    nics = parse_nics(facts, host="h")
    assert as_facts(nics) == facts["devices"]
    assert [nic.name for nic in nics if nic.virtual_function] == ["mlx5_4"]


def test_a_whole_number_stands_for_a_rate(tmp_path: Path) -> None:
    facts = constructed_nics(tmp_path)
    facts["devices"][0]["ports"][0]["rate_gbps"] = 40
    rate = parse_nics(facts, host="h")[0].ports[0].rate_gbps
    assert (rate, type(rate)) == (40.0, float)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"driver": None}, "driver: found None, needed str"),
        ({"nvswitches": True}, "nvswitches: found True, needed int"),
        ({"gpus": {}}, "gpus: found {}, needed a list"),
        ({"gpus": ["GPU0"]}, "gpus[0]: found 'GPU0', needed a mapping"),
        ({"passed_over": [1]}, "passed_over[0]: found 1, needed str"),
    ],
)
def test_facts_of_another_form_are_refused(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_gpus({**recorded_gpus("h100x1"), **change}, host="gpu-01")
    assert refusal.value.details["faults"] == [fault]
    assert str(refusal.value) == f"gpu_facts of gpu-01: {fault}"


def test_all_missing_keys_are_named_at_once() -> None:
    facts = recorded_gpus("h100x1")
    del facts["cuda"], facts["gpus"][0]["mig"]["mode"]
    with pytest.raises(InputError) as refusal:
        parse_gpus(facts, host="h")
    assert refusal.value.details["faults"] == [
        "cuda: missing; run the facts module of this version",
        "gpus[0].mig.mode: missing; run the facts module of this version",
    ]


@pytest.mark.parametrize("facts", [{}, {"devices": None}])
def test_rdma_facts_without_devices_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="rdma_facts of h: devices: not a list"):
        parse_nics(facts, host="h")
