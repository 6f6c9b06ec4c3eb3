"""A saved plan against the facts of today."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    THROUGHPUT,
    Constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.staleness import (
    host_facts,
    made_from,
    stale_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import Storage

from tests.unit.plugins.module_utils.planning.plan_samples import (
    MODEL,
    RAIL,
    host,
    node,
    request,
)


def test_the_facts_of_a_host_are_texts_that_a_person_compares() -> None:
    assert host_facts(node()) == {
        "rack": "a",
        "leaf_switch": "leaf-a",
        "gpus": "2 x NVIDIA H100 80GB HBM3 of 81559 MiB; NUMA 0 1; nvlink; dmabuf",
        "rails": "mlx5_0:1 ib0 InfiniBand 400 Gb/s up NUMA 0",
        "network": "eth0 10.20.0.21, 100 Gb/s",
        "disk": "6 GB/s",
        "memory": "1024 GiB",
        "cores": "96",
    }


def test_an_nvlink_domain_is_a_fact_of_its_host() -> None:
    facts = host_facts(replace(node(), nvlink_domain="rack-1"))
    assert facts["gpus"].endswith("; nvlink; NVLink domain rack-1; dmabuf")


def test_a_host_of_which_little_is_known_says_so() -> None:
    facts = host_facts(host("cpu", disk_rate=0.0, tcp_rate=0.0))
    assert (facts["gpus"], facts["rails"], facts["disk"]) == ("none", "none", "not known")
    assert facts["network"] == "eth0 10.20.0.21, rate not known"


@pytest.mark.parametrize(
    ("kind", "rate", "text"),
    [
        ("nvme", 6e9, "nvme 6 GB/s"),
        ("nfs", 0.0, "nfs"),
        ("unknown", 6e9, "6 GB/s"),
        ("unknown", 0.0, "not known"),
    ],
)
def test_a_disk_is_its_kind_and_its_rate(kind: str, rate: float, text: str) -> None:
    assert host_facts(node(storage=Storage(kind, "xfs"), disk_rate=rate))["disk"] == text


def test_only_constraints_that_a_person_gave_are_kept() -> None:
    given = made_from(request(constraints=Constraints(context=8192)))
    assert given["constraints"] == {"context": 8192}
    assert len(given["digest"]) == 64


def test_a_plan_for_the_same_facts_is_not_stale() -> None:
    assert stale_faults(made_from(request()), made_from(request())) == ()


LOST = (node().gpus[0],)
DOWN = (dataclasses.replace(RAIL, up=False, link_layer="Ethernet", gid_index=3, netdev=""),)


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (
            request(node("gpu-01", gpus=LOST)),
            "plan.yml: hosts.gpu-01.gpus: plan stale: found 1 x NVIDIA H100 80GB HBM3 of 81559 MiB;"
            " NUMA 0; nvlink; dmabuf, needed 2 x NVIDIA H100 80GB HBM3 of 81559 MiB; NUMA 0 1;"
            " nvlink; dmabuf, for which the plan was made; plan again, or bring back what the plan"
            " was made for",
        ),
        (
            request(node("gpu-01", rails=DOWN)),
            "plan.yml: hosts.gpu-01.rails: plan stale: found mlx5_0:1 Ethernet 400 Gb/s GID 3 down"
            " NUMA 0, needed mlx5_0:1 ib0 InfiniBand 400 Gb/s up NUMA 0, for which the plan was"
            " made; plan again, or bring back what the plan was made for",
        ),
        (
            request(node("gpu-01"), objective=THROUGHPUT),
            "plan.yml: objective: plan stale: found throughput, needed latency, for which the plan"
            " was made; plan again, or bring back what the plan was made for",
        ),
        (
            request(node("gpu-01"), model=dataclasses.replace(MODEL, name="other")),
            "plan.yml: model: plan stale: found other, needed small, for which the plan was made;"
            " plan again, or bring back what the plan was made for",
        ),
        (
            request(node("gpu-01"), overrides=(("NCCL_DEBUG", "INFO"),)),
            "plan.yml: environment.NCCL_DEBUG: plan stale: found INFO, needed nothing, for which"
            " the plan was made; plan again, or bring back what the plan was made for",
        ),
    ],
)
def test_a_stale_plan_says_which_fact_changed(now: Any, message: str) -> None:
    recorded = made_from(request(node("gpu-01")))
    lines = [fault.line() for fault in stale_faults(recorded, made_from(now), "plan.yml")]
    assert message in lines


def test_a_host_more_or_less_is_named() -> None:
    recorded = made_from(request(node("gpu-01"), node("gpu-02")))
    faults = stale_faults(recorded, made_from(request(node("gpu-01"), node("gpu-03"))))
    hosts = {fault.where.split(".")[1] for fault in faults}
    assert hosts == {"gpu-02", "gpu-03"}
