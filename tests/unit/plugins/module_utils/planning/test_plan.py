"""Plan schema 1: what it parses to, and every fault of a document."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    Group,
    Layout,
    Model,
    Plan,
    PlanError,
    Ports,
    Rank,
    Resources,
    parse_plan,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_shape import SHAPE
from hypothesis import given
from hypothesis import strategies as st

DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "inventory": "lab",
    "model": {"name": "smollm2", "format": "bfloat16"},
    "engine": {"part": "sglang-cpu"},
    "layout": {"tensor_parallel": 1, "pipeline_parallel": 2, "data_parallel": 1},
    "groups": [
        {
            "name": "smollm2",
            "ranks": [
                {"rank": 1, "host": "node2", "gpus": []},
                {"rank": 0, "host": "node1", "gpus": []},
            ],
        }
    ],
    "arguments": ["--device", "cpu", "--pp-size", "2"],
    "environment": {"GLOO_SOCKET_IFNAME": "eth0", "A": "1"},
    "ports": {"serving": 30000, "distributed": 20000},
    "resources": {"cpu": "500m", "memory_gib": 4},
    "shared_memory_mib": 512,
    "startup_seconds": 900,
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The document with the value at a dotted path replaced, or removed where it is None."""
    document = copy.deepcopy(DOCUMENT)
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    place: Any = document
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


def faults(document: object) -> list[tuple[str, str]]:
    """Code and place of each fault."""
    with pytest.raises(PlanError) as caught:
        parse_plan(document)
    return [(fault.code, fault.where) for fault in caught.value.plan_faults]


def test_a_document_parses_to_a_plan_with_ranks_and_environment_in_order() -> None:
    assert parse_plan(DOCUMENT) == Plan(
        inventory="lab",
        model=Model("smollm2", "bfloat16"),
        engine_part="sglang-cpu",
        layout=Layout(1, 2, 1),
        groups=(Group("smollm2", (Rank(0, "node1", ()), Rank(1, "node2", ()))),),
        arguments=("--device", "cpu", "--pp-size", "2"),
        environment=(("A", "1"), ("GLOO_SOCKET_IFNAME", "eth0")),
        ports=Ports(30000, 20000),
        resources=Resources("500m", 4),
        shared_memory_mib=512,
        startup_seconds=900,
    )


CACHED = changed("environment", {"TRITON_CACHE_DIR": "/var/cache/sglang/triton"})


def test_a_cache_is_a_directory_of_the_hosts_and_variables_that_lie_where_it_is_mounted() -> None:
    assert parse_plan({**CACHED, "cache_path": "/srv/cache/v1"}).cache_path == "/srv/cache/v1"


@pytest.mark.parametrize(
    "path", ["cache", "", "/", "/srv/../etc", "/srv/./x", "/srv//x", "/srv/", 1]
)
def test_a_cache_that_no_pod_can_mount_is_refused(path: object) -> None:
    assert faults({**CACHED, "cache_path": path}) == [("plan_value_invalid", "plan: cache_path")]


def test_variables_of_a_cache_and_its_directory_come_together() -> None:
    assert faults(CACHED) == [("cache_not_mounted", "plan: environment.TRITON_CACHE_DIR")]
    unused = {**DOCUMENT, "cache_path": "/srv/cache/v1"}
    assert faults(unused) == [("cache_not_used", "plan: cache_path")]


def test_a_plan_has_the_ranks_of_all_groups() -> None:
    assert [rank.host for rank in parse_plan(DOCUMENT).ranks] == ["node1", "node2"]


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("schema", 2, "plan_schema_unknown", "plan: schema"),
        ("schema", True, "plan_schema_unknown", "plan: schema"),
        ("schema", None, "plan_key_missing", "plan"),
        ("inventory", "", "plan_value_invalid", "plan: inventory"),
        ("model", "smollm2", "plan_value_invalid", "plan: model"),
        ("model.name", 1, "plan_value_invalid", "plan: model.name"),
        ("model.format", None, "plan_key_missing", "plan: model"),
        ("model.fromat", "fp8", "unknown_plan_key", "plan: model"),
        ("layout.tensor_parallel", 0, "plan_value_invalid", "plan: layout.tensor_parallel"),
        ("groups", [], "plan_value_invalid", "plan: groups"),
        ("groups", {"name": "a"}, "plan_value_invalid", "plan: groups"),
        ("groups.0.name", "Smol", "plan_value_invalid", "plan: groups[0].name"),
        ("groups.0.ranks.1.rank", -1, "plan_value_invalid", "plan: groups[0].ranks[1].rank"),
        ("groups.0.ranks.0.gpus", [-1], "plan_value_invalid", "plan: groups[0].ranks[0].gpus"),
        ("groups.0.ranks.0.gpu", [0], "unknown_plan_key", "plan: groups[0].ranks[0]"),
        ("arguments", "--device cpu", "plan_value_invalid", "plan: arguments"),
        ("arguments", ["--max-total-tokens", 8192], "plan_value_invalid", "plan: arguments"),
        ("environment", {"1A": "x"}, "plan_value_invalid", "plan: environment"),
        ("environment", {"A": 1}, "plan_value_invalid", "plan: environment"),
        ("ports.serving", 65536, "plan_value_invalid", "plan: ports.serving"),
        ("resources.cpu", 2, "plan_value_invalid", "plan: resources.cpu"),
        ("resources.cpu", "two", "plan_value_invalid", "plan: resources.cpu"),
        ("arguments", None, "plan_key_missing", "plan"),
        ("resources.memory_gib", 1.5, "plan_value_invalid", "plan: resources.memory_gib"),
        ("resources.memory_gib", 0, "plan_value_invalid", "plan: resources.memory_gib"),
        ("shared_memory_mib", 1.5, "plan_value_invalid", "plan: shared_memory_mib"),
        ("layout.expert_parallel", 0, "plan_value_invalid", "plan: layout.expert_parallel"),
        ("groups.0.role", "encode", "plan_value_invalid", "plan: groups[0].role"),
        ("groups.0.role", ["decode"], "plan_value_invalid", "plan: groups[0].role"),
        ("groups.0.layout", {"tensor": 2}, "unknown_plan_key", "plan: groups[0].layout"),
        ("groups.0.arguments", "--x", "plan_value_invalid", "plan: groups[0].arguments"),
        ("racks", {"node1": 1}, "plan_value_invalid", "plan: racks"),
        ("spares", "node3", "plan_value_invalid", "plan: spares"),
        ("explanation", "because", "plan_value_invalid", "plan: explanation"),
    ],
)
def test_a_value_of_the_wrong_kind_is_one_fault_with_its_place(
    path: str, value: Any, code: str, where: str
) -> None:
    assert faults(changed(path, value)) == [(code, where)]


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("arguments.0", "--host", "reserved_argument", "plan: arguments[0]"),
        ("arguments.0", "--port=1", "reserved_argument", "plan: arguments[0]"),
        ("arguments.0", "--dist-init", "reserved_argument", "plan: arguments[0]"),
        ("arguments.3", "4", "layout_arguments_differ", "plan: arguments"),
        ("arguments", ["--pp-size=3"], "layout_arguments_differ", "plan: arguments"),
        ("groups.0.ranks.0.rank", 2, "rank_gap", "plan: groups[0].ranks"),
        ("groups.0.ranks.0.rank", 0, "rank_gap", "plan: groups[0].ranks"),
        ("groups.0.ranks.0.host", "node1", "host_twice_in_group", "plan: groups[0].ranks"),
        ("groups.0.ranks.0.gpus", [0, 1], "layout_size", "plan: groups[0].ranks"),
        ("ports.distributed", 30000, "plan_ports_equal", "plan: ports"),
        ("groups.0.arguments", ["--port"], "reserved_argument", "plan: groups[0].arguments[0]"),
        ("groups.0.arguments", ["--pp-size=4"], "layout_arguments_differ", "plan: groups[0]"),
        ("layout.expert_parallel", 2, "layout_not_divisible", "plan: arguments"),
        ("racks", {"node1": "a"}, "rank_without_rack", "plan: racks"),
        ("spares", ["node2"], "spare_with_rank", "plan: spares"),
    ],
)
def test_a_rule_across_keys_is_one_fault(path: str, value: Any, code: str, where: str) -> None:
    document = changed(path, value)
    if path == "layout.expert_parallel":
        document["arguments"] += ["--ep-size", str(value)]
    assert faults(document) == [(code, where)]


def test_a_plan_written_by_hand_needs_none_of_the_keys_that_a_made_plan_adds() -> None:
    path = Path(__file__).parents[4] / "fixtures" / "plans" / "by-hand.yml"
    plan = parse_plan(yaml.safe_load(path.read_text()))
    assert (plan.racks, plan.spares, plan.layout) == ((), (), Layout(1, 2, 1, 1, 1))
    assert [(group.role, group.layout, group.arguments) for group in plan.groups] == [
        ("unified", None, ())
    ]


def test_a_plan_may_ask_for_the_resource_of_an_rdma_device_plugin() -> None:
    assert parse_plan(DOCUMENT).resources.rdma == ""
    assert parse_plan(changed("resources.rdma", "rdma/hca")).resources.rdma == "rdma/hca"
    with pytest.raises(PlanError) as refused:
        parse_plan(changed("resources.rdma", "hca"))
    (fault,) = refused.value.plan_faults
    assert (fault.where, fault.found) == ("plan: resources.rdma", "'hca'")
    assert fault.needed == "an extended resource, such as rdma/hca"


def test_a_group_of_its_own_size_has_a_role_a_layout_and_further_arguments() -> None:
    document = changed("spares", ["node4"])
    document["racks"] = {"node2": "b", "node1": "a", "node3": "a"}
    document["explanation"] = {"objective": "throughput"}
    prefill = {
        "name": "prefill",
        "role": "prefill",
        "layout": {"pipeline_parallel": 1},
        "arguments": ["--pp-size", "1", "--disaggregation-mode", "prefill"],
        "ranks": [{"rank": 0, "host": "node3", "gpus": []}],
    }
    document["groups"] = [{**document["groups"][0], "role": "decode"}, prefill]
    plan = parse_plan(document)
    assert plan.racks == (("node1", "a"), ("node2", "b"), ("node3", "a"))
    assert plan.spares == ("node4",)
    assert plan.groups[0].role == "decode"
    assert plan.groups[1] == Group(
        name="prefill",
        ranks=(Rank(0, "node3", ()),),
        role="prefill",
        layout=Layout(1, 1, 1),
        arguments=("--pp-size", "1", "--disaggregation-mode", "prefill"),
    )


def test_expert_and_attention_groups_are_said_twice_and_alike() -> None:
    document = changed("layout", {"tensor_parallel": 8, "pipeline_parallel": 1, "data_parallel": 1})
    document["layout"].update(expert_parallel=8, attention_data_parallel=4)
    document["groups"][0]["ranks"] = [{"rank": 0, "host": "node1", "gpus": [*range(8)]}]
    document["arguments"] = ["--tp-size", "8", "--ep-size", "8", "--attn-dp-size", "4"]
    assert parse_plan(document).layout == Layout(8, 1, 1, 8, 4)
    document["arguments"] = ["--tp-size", "8"]
    with pytest.raises(PlanError) as caught:
        parse_plan(document)
    assert [fault.found for fault in caught.value.plan_faults] == [
        "--attn-dp-size 1",
        "--ep-size 1",
    ]


def test_a_group_may_not_share_its_name_or_its_gpus() -> None:
    document = changed("layout.pipeline_parallel", 1)
    document["arguments"] = []
    group = {"name": "a", "ranks": [{"rank": 0, "host": "node1", "gpus": [0]}]}
    document["groups"] = [group, group]
    assert faults(document) == [("gpu_twice", "plan: groups"), ("group_name_twice", "plan: groups")]


def test_data_parallel_attention_shares_the_tensor_parallel_ranks() -> None:
    document = changed(
        "arguments", ["--tp-size", "8", "--dp-size", "8", "--enable-dp-attention", "--pp-size=1"]
    )
    document["layout"] = {"tensor_parallel": 8, "pipeline_parallel": 1, "data_parallel": 8}
    document["groups"][0]["ranks"] = [{"rank": 0, "host": "node1", "gpus": [*range(8)]}]
    assert parse_plan(document).layout == Layout(8, 1, 8)
    document["arguments"].remove("--enable-dp-attention")
    assert faults(document) == [("layout_size", "plan: groups[0].ranks")]


def test_a_document_that_is_no_mapping_is_one_fault() -> None:
    assert faults(["schema"]) == [("plan_value_invalid", "plan")]


def test_all_faults_are_reported_at_once_and_sorted() -> None:
    document = changed("ports.serving", 0)
    document["groups"][0]["ranks"][0]["rank"] = 7
    document["startup"] = 1
    assert faults(document) == [
        ("unknown_plan_key", "plan"),
        ("rank_gap", "plan: groups[0].ranks"),
        ("plan_value_invalid", "plan: ports.serving"),
    ]


def test_an_error_names_the_source_and_each_fault() -> None:
    with pytest.raises(PlanError, match=r"^p\.yml: p\.yml: schema: plan schema unknown: found 2"):
        parse_plan(changed("schema", 2), source="p.yml")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(key=st.sampled_from(sorted(SHAPE[""])), value=JSON)
def test_any_value_of_any_key_gives_a_plan_or_its_faults(key: str, value: Any) -> None:
    document = {**DOCUMENT, key: value}
    try:
        plan = parse_plan(document)
    except PlanError as error:
        assert error.plan_faults  # noqa: PT017  either outcome is right, a crash is not
    else:
        assert plan.groups
