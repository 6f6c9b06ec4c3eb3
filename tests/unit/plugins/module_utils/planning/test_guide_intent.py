"""The guide's intent file: what each key becomes, what has no equivalent, and every fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_intent import (
    IntentError,
    Row,
    intent_arguments,
    intent_constraints,
    intent_environment,
    intent_transport_faults,
    read_intent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_keys import (
    KEYS,
    example,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_rows import (
    Settings,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node, Rail
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

FIXTURES = Path(__file__).parents[4] / "fixtures" / "engine"
GUIDE: dict[str, Any] = {
    "communication": {"protocol": "RDMA", "buffer_size": "256MB", "compression": True},
    "load_balancing": {"strategy": "least_connections", "update_interval": "5s"},
}


def row_of(path: str, value: Any) -> Row:
    section, name = path.split(".")
    return read_intent({section: {name: value}}, source="f").rows[0]


def faults_of(document: object) -> list[str]:
    with pytest.raises(IntentError) as caught:
        read_intent(document, source="sgl-config.yaml")
    assert str(caught.value).startswith("sgl-config.yaml: ")
    return [fault.line() for fault in caught.value.intent_faults]


def test_the_guides_own_file_is_mapped_key_by_key() -> None:
    intent = read_intent(GUIDE, source="sgl-config.yaml")
    assert [(row.key, row.value, row.became) for row in intent.rows] == [
        ("communication.protocol", "RDMA", "NCCL_NET=IB where an engine spans hosts"),
        ("communication.buffer_size", "256MB", "no equivalent"),
        ("communication.compression", "true", "no equivalent"),
        (
            "load_balancing.strategy",
            "least_connections",
            "--policy power_of_two --power-of-two-load-metric least_requests (router);"
            " --load-balance-method total_requests (engines with DP attention)",
        ),
        ("load_balancing.update_interval", "5s", "--load-monitor-interval 5 (router)"),
    ]
    assert intent.settings == Settings(
        transport="rdma",
        router_arguments=(
            "--policy",
            "power_of_two",
            "--power-of-two-load-metric",
            "least_requests",
            "--load-monitor-interval",
            "5",
        ),
        load_balance_method="total_requests",
    )


def test_each_key_of_a_file_makes_one_row_with_a_reason() -> None:
    rows = read_intent(example(), source="f").rows
    assert [row.key for row in rows] == list(KEYS)
    assert [row.key for row in rows if not row.why.endswith(".")] == []
    assert [row.key for row in rows if not row.became] == []


def test_rows_stand_in_the_order_of_the_keys_and_not_of_the_file() -> None:
    document = {"topology": {"file": "t.yml"}, "communication": {"protocol": "TCP"}}
    rows = read_intent(document, source="f").rows
    assert [row.key for row in rows] == ["communication.protocol", "topology.file"]


def test_an_empty_file_sets_nothing() -> None:
    intent = read_intent({}, source="f")
    assert (intent.rows, intent.settings) == ((), Settings())


def test_a_row_is_ready_for_json() -> None:
    assert row_of("parallelism.tensor", 8).as_dict() == {
        "key": "parallelism.tensor",
        "value": "8",
        "became": "tensor_parallel 8",
        "why": "The engine's --tp-size, of each engine.",
    }


def test_all_faults_come_at_once_and_sorted() -> None:
    assert faults_of(
        {
            "load_balancing": {"strategy": "least-conection", "update_interval": "500ms"},
            "communication": {"protocol": "gRPC", "buffer_size": 256, "protocl": "RDMA"},
            "parallelism": None,
            "autoscaling": {"min_replicas": 5, "max_replicas": 2},
        }
    ) == [
        "sgl-config.yaml: unknown intent key: found key communication.protocl, needed keys of"
        " docs/intent-file.md only; write communication.protocol, or remove communication.protocl",
        "sgl-config.yaml: autoscaling: intent range reversed: found min_replicas 5, max_replicas 2,"
        " needed min_replicas not above max_replicas; exchange the two values",
        "sgl-config.yaml: communication.buffer_size: intent value invalid: found 256, needed a size"
        " with its unit, such as 4MB; give a size with its unit, such as 4MB",
        "sgl-config.yaml: communication.protocol: intent value invalid: found 'gRPC', needed one of"
        " RDMA, TCP; give one of RDMA, TCP",
        "sgl-config.yaml: load_balancing.strategy: intent value invalid: found 'least-conection',"
        " needed one of least_connections, round_robin, random, cache_aware, power_of_two,"
        " least_load, manual; write least_connections",
        "sgl-config.yaml: load_balancing.update_interval: intent value invalid: found '500ms',"
        " needed whole seconds, minutes or hours, such as 5s; give whole seconds, minutes or hours,"
        " such as 5s",
        "sgl-config.yaml: parallelism: intent value invalid: found None, needed a mapping;"
        " give a mapping",
    ]


@pytest.mark.parametrize(
    ("document", "fix"),
    [
        ({"comunication": {}}, "write communication, or remove comunication"),
        (
            {"communication": {"tensor": 8}},
            "write parallelism.tensor, or remove communication.tensor",
        ),
        (
            {"topology": {"hosts": []}},
            "remove topology.hosts; topology has file",
        ),
        (
            {"zzz": {}},
            "remove zzz; known names: alerts, autoscaling, communication, deployment,"
            " load_balancing, monitoring, parallelism, precision, topology",
        ),
        ({"topology": {"file.name": "x"}}, "write topology.file, or remove topology.file.name"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(document: dict[str, Any], fix: str) -> None:
    (fault,) = faults_of(document)
    assert fault.endswith(f"; {fix}")


@pytest.mark.parametrize("document", [None, [], "communication"])
def test_a_file_that_is_no_mapping_is_refused(document: object) -> None:
    (fault,) = faults_of(document)
    assert fault == (
        f"sgl-config.yaml: intent value invalid: found {document!r}, needed a mapping;"
        " give a mapping"
    )


def test_equal_replicas_are_no_reversed_range() -> None:
    document = {"autoscaling": {"min_replicas": 2, "max_replicas": 2}}
    assert len(read_intent(document, source="f").rows) == 2


def test_constraints_of_inventory_and_file_are_joined() -> None:
    settings = Settings(constraints=(("tensor_parallel", 8), ("weight_format", "fp8")))
    site = Constraints(tensor_parallel=8, context=32768)
    assert intent_constraints(site, settings, source="f") == Constraints(
        weight_format="fp8", tensor_parallel=8, context=32768
    )


def test_constraints_that_contradict_the_inventory_are_refused_all_at_once() -> None:
    settings = Settings(constraints=(("tensor_parallel", 8), ("weight_format", "fp8")))
    site = Constraints(tensor_parallel=4, weight_format="bfloat16")
    with pytest.raises(IntentError) as caught:
        intent_constraints(site, settings, source="sgl-config.yaml")
    assert [fault.line() for fault in caught.value.intent_faults] == [
        "sgl-config.yaml: intent contradicts site: found tensor_parallel 8, needed tensor_parallel"
        " 4, as site_constraints says; remove one of the two, or make tensor_parallel the same in"
        " both",
        "sgl-config.yaml: intent contradicts site: found weight_format fp8, needed weight_format"
        " bfloat16, as site_constraints says; remove one of the two, or make weight_format the same"
        " in both",
    ]


@pytest.mark.parametrize(
    ("transport", "hosts", "environment"),
    [
        ("rdma", 1, (("NCCL_ALGO", "Ring"),)),
        ("rdma", 2, (("NCCL_ALGO", "Ring"), ("NCCL_NET", "IB"))),
        ("tcp", 2, (("NCCL_ALGO", "Ring"), ("NCCL_IB_DISABLE", "1"))),
        ("", 2, (("NCCL_ALGO", "Ring"),)),
    ],
)
def test_the_transport_counts_between_hosts_only(
    transport: str, hosts: int, environment: tuple[tuple[str, str], ...]
) -> None:
    settings = Settings(transport=transport, environment=(("NCCL_ALGO", "Ring"),))
    assert intent_environment(settings, hosts=hosts) == environment


@pytest.mark.parametrize(
    ("role", "attention_data_parallel", "arguments"),
    [
        ("unified", 8, ("--load-balance-method", "total_requests")),
        ("decode", 2, ("--load-balance-method", "total_requests")),
        ("unified", 1, ()),
        ("prefill", 8, ()),
    ],
)
def test_attention_groups_are_balanced_where_there_are_some(
    role: str, attention_data_parallel: int, arguments: tuple[str, ...]
) -> None:
    settings = Settings(load_balance_method="total_requests")
    assert arguments == intent_arguments(
        settings, role=role, attention_data_parallel=attention_data_parallel
    )


def node(name: str, *, up: bool) -> Node:
    return Node(
        name=name,
        rack="",
        leaf_switch="",
        gpus=(),
        rails=(Rail("mlx5_0", 1, "InfiniBand", 25e9, "ib0", -1, up, 0),),
        interface="eth0",
        address="10.0.0.1",
        tcp_rate=0.0,
        disk_rate=0.0,
        memory_gib=64,
        cores=8,
        nvlink=False,
        multicast=False,
        peer_memory="",
        declared=True,
    )


def test_hosts_without_the_rdma_that_was_asked_for_are_refused() -> None:
    nodes = (node("n1", up=True), node("n2", up=False))
    faults = intent_transport_faults(Settings(transport="rdma"), nodes, hosts=2)
    assert [fault.line() for fault in faults] == [
        "n2: intent rdma missing: found 1 RDMA ports, none of them up, needed a port that is up:"
        " the intent file has communication.protocol RDMA; bring a port up, or set"
        " communication.protocol to TCP"
    ]


@pytest.mark.parametrize(("transport", "hosts"), [("rdma", 1), ("tcp", 2), ("", 2)])
def test_rdma_is_needed_by_engines_over_hosts_only(transport: str, hosts: int) -> None:
    nodes = (node("n1", up=False),)
    assert intent_transport_faults(Settings(transport=transport), nodes, hosts=hosts) == ()
