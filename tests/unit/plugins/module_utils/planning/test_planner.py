"""From questions to whole plans: the sites of this collection, worked by literal values."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import NoLayoutError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    Layout,
    parse_plan,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_text import plan_text
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import make_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.question import (
    Files,
    parse_question,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.planning_input import (
    read_question,
)
from ansible_collections.baremetal.sglang.plugins.plugin_utils.serving import serving_faults

from tests.unit.plugins.module_utils.planning.bad_inputs import changed
from tools.planned_sites import SITES, planning_options


def made(site: str, change: dict[str, Any] | None = None, **files: Any) -> dict[str, Any]:
    options = changed(planning_options(site), change or {})
    if files:
        return make_plan(parse_question(options, Files(**files)))
    return make_plan(read_question(options))


def values(arguments: list[str]) -> dict[str, str]:
    return dict(itertools.pairwise(arguments))


@pytest.mark.parametrize("site", SITES)
def test_every_site_has_a_plan_that_serve_takes_as_it_is(site: str) -> None:
    document = made(site)
    plan = parse_plan(document)
    assert list(serving_faults(plan, "plan.yml")) == []
    assert plan.inventory == site.rpartition("/")[2]
    assert document == made(site)


def test_stage_1_is_one_rank_with_both_gpus() -> None:
    plan = parse_plan(made("stage1-single-node"))
    assert plan.layout == Layout(2, 1, 1)
    assert [(rank.host, rank.gpus) for rank in plan.ranks] == [("gpu-01", (0, 1))]


def test_stage_2_has_one_group_over_four_hosts_and_nothing_crosses_racks() -> None:
    document = made("stage2-same-rack")
    assert document["model"] == {"name": "deepseek-r1", "format": "fp8"}
    assert document["layout"] == {
        "tensor_parallel": 4,
        "pipeline_parallel": 4,
        "data_parallel": 4,
        "expert_parallel": 1,
    }
    assert values(document["arguments"])["--dp-size"] == "4"
    assert "--enable-dp-attention" in document["arguments"]
    (engine,) = document["explanation"]["engines"]
    assert engine["traffic"] == {"cross_rack_bytes": 0, "inventory_order_bytes": 0}
    assert document["racks"] == {f"gpu-0{number}": "r1" for number in range(1, 5)}
    assert document["spares"] == []


def test_a_rack_map_without_rails_leaves_a_host_its_own() -> None:
    names = [f"gpu-0{number}" for number in range(1, 5)]
    rails = {f"hosts.{index}.rails": ["mlx5_1"] for index in range(len(names))}
    racks = {"racks": [{"name": "r9", "hosts": names}]}
    document = made("stage2-same-rack", rails, topology=racks)
    assert document["racks"] == dict.fromkeys(names, "r9")
    assert document["environment"]["NCCL_IB_HCA"] == "=mlx5_1:1"


def test_stage_3_keeps_each_rack_together_and_sends_a_seventh_between_them() -> None:
    document = made("stage3-cross-rack")
    (group,) = document["groups"]
    assert [rank["host"] for rank in group["ranks"]] == [
        *("gpu-01", "gpu-03", "gpu-05", "gpu-07"),
        *("gpu-02", "gpu-04", "gpu-06", "gpu-08"),
    ]
    traffic = document["explanation"]["engines"][0]["traffic"]
    # Hidden state and residual in bfloat16, 2 x 7168 x 2 bytes, at one of seven cuts, and the
    # number of the token on its way back: 86 % less.
    assert traffic == {"cross_rack_bytes": 28736, "inventory_order_bytes": 200960}
    assert document["model"]["format"] == "bfloat16"
    assert (document["layout"]["tensor_parallel"], document["layout"]["pipeline_parallel"]) == (
        4,
        8,
    )


def test_stage_3_has_triton_s_buffers_in_its_memory() -> None:
    document = made("stage3-cross-rack")
    memory = document["explanation"]["engines"][0]["memory"]
    # 400 requests: 32 heads x 128 splits x (512 + 1) float32, and 163,840 indices of 8 bytes.
    assert values(document["arguments"])["--cuda-graph-max-bs-decode"] == "400"
    assert memory["workspace_gib"] == round(400 * (32 * 128 * 513 * 4 + 163840 * 8) / 1024**3, 2)
    assert memory["workspace_gib"] < memory["reserve_gib"] / 4


def test_a_mixed_site_plans_the_better_gpus_and_names_the_others() -> None:
    document = made("examples/mixed-hosts")
    assert {rank["host"] for rank in document["groups"][0]["ranks"]} == {"gpu-01", "gpu-02"}
    assert document["model"]["format"] == "fp8"
    assert document["explanation"]["warnings"][:2] == [
        "no host was asked: the plan holds for the hardware that the inventory declares",
        "group serving: gpus differ between hosts: found 2 hosts without h100-sxm-80gb, needed GPUs"
        " of one model in all groups; plan the other hosts in an inventory of their own",
    ]


def test_hosts_without_gpus_take_one_stage_each_with_the_arguments_of_the_rehearsal() -> None:
    document = made(
        "examples/cpu-only",
        {
            "engine_arguments": ["--dtype", "float32"],
            "constraints.concurrency": 2,
            "constraints.memory_fraction": 0.1,
            "constraints.rank_cpu": "500m",
            "constraints.rank_memory_gib": 4,
        },
    )
    assert document["arguments"] == [
        *("--tp-size", "1", "--pp-size", "2", "--device", "cpu", "--context-length", "8192"),
        *("--mem-fraction-static", "0.1", "--max-total-tokens", "8192"),
        *("--attention-backend", "torch_native", "--sampling-backend", "pytorch"),
        *("--disable-overlap-schedule", "--skip-server-warmup", "--sleep-on-idle"),
        *("--enable-metrics", "--weight-loader-prefetch-checkpoints"),
        *("--weight-loader-prefetch-num-threads", "4", "--dtype", "float32"),
    ]
    assert document["environment"] == {"GLOO_SOCKET_IFNAME": "eth0"}
    assert document["resources"] == {"cpu": "500m", "memory_gib": 4}
    assert document["shared_memory_mib"] == 512
    assert [rank["host"] for rank in document["groups"][0]["ranks"]] == ["node-01", "node-02"]
    assert "Memory of the fullest rank" in plan_text(document)


def test_prefill_and_decode_are_groups_with_layouts_and_arguments_of_their_own() -> None:
    document = made(
        "examples/2x8-h20",
        {"constraints.serving_mode": "disaggregated", "constraints.weight_format": "w4afp8"},
    )
    prefill, decode = document["groups"]
    assert (prefill["role"], decode["role"]) == ("prefill", "decode")
    assert (prefill["name"], decode["name"]) == ("deepseek-r1-prefill", "deepseek-r1-decode")
    assert document["arguments"] == []
    for group in document["groups"]:
        given = values(group["arguments"])
        assert given["--disaggregation-mode"] == group["role"]
        assert given["--tp-size"] == str(group["layout"]["tensor_parallel"])
    router = document["explanation"]["router_arguments"]
    assert router[:4] == [
        "--pd-disaggregation",
        "--prefill",
        "http://deepseek-r1-prefill-0.deepseek-r1-prefill.serving:30000",
        "8998",
    ]
    text = plan_text(document)
    assert "Memory of the fullest GPU of prefill" in text
    assert "Router arguments" in text


def test_an_intent_file_becomes_settings_and_a_table_and_the_person_wins() -> None:
    intent = {"communication": {"protocol": "RDMA"}, "load_balancing": {"update_interval": "5s"}}
    document = made("examples/2x8-h100", {"environment": {"NCCL_DEBUG": "WARN"}}, intent=intent)
    assert document["environment"]["NCCL_NET"] == "IB"
    assert document["environment"]["NCCL_DEBUG"] == "WARN"
    rows = document["explanation"]["intent"]
    assert [row["key"] for row in rows] == [
        "communication.protocol",
        "load_balancing.update_interval",
    ]
    assert all(row["became"] and row["why"] for row in rows)
    assert document["explanation"]["made_from"]["intent"]["communication.protocol"] == "RDMA"
    other = made("examples/2x8-h100", {"environment": {"NCCL_NET": "Socket"}}, intent=intent)
    assert other["environment"]["NCCL_NET"] == "Socket"


def test_a_newer_engine_gets_its_own_spelling_of_attention_groups() -> None:
    document = made("stage2-same-rack", {"engine_version": "0.5.23"})
    assert values(document["arguments"])["--attn-dp-size"] == "4"
    assert document["layout"]["data_parallel"] == 1
    assert document["layout"]["attention_data_parallel"] == 4
    assert parse_plan(document).layout == Layout(4, 4, 1, 1, 4)


def test_ranks_on_several_hosts_request_the_rdma_resource_that_the_site_names() -> None:
    assert made("examples/2x8-h100")["resources"]["rdma"] == "rdma/hca_shared_devices_a"
    assert "rdma" not in made("examples/2x8-h100", {"rdma_resource": ""})["resources"]
    assert "rdma" not in made("examples/1x8-h200")["resources"]


def test_engines_on_gpus_keep_their_kernels_and_each_version_has_a_directory_of_its_own() -> None:
    document = made("examples/1x8-h200", {"engine_version": "0.5.23"})
    assert document["cache_path"] == "/var/lib/baremetal-sglang/cache/sglang-cuda-0.5.23"
    assert document["environment"]["TRITON_CACHE_DIR"] == "/var/cache/sglang/triton"
    assert parse_plan(document).cache_path == document["cache_path"]
    (told,) = [s for s in document["explanation"]["settings"] if s["override"] == "site_cache_path"]
    assert (told["setting"], told["value"]) == ("/var/cache/sglang", document["cache_path"])


@pytest.mark.parametrize(
    ("site", "change"), [("examples/1x8-h200", {"cache_path": ""}), ("examples/cpu-only", {})]
)
def test_without_a_cache_of_the_site_or_without_gpus_nothing_is_kept(
    site: str, change: dict[str, Any]
) -> None:
    document = made(site, change)
    assert "cache_path" not in document
    assert "TRITON_CACHE_DIR" not in document["environment"]


def test_what_else_would_run_is_told_in_order_without_the_layout_that_was_taken() -> None:
    (engine,) = made("stage2-same-rack")["explanation"]["engines"]
    others = [other["layout"] for other in engine["alternatives"]]
    assert engine["layout"] not in others
    assert len(set(others)) == len(others) == 5
    assert all(other["tokens_per_second"] > 0 for other in engine["alternatives"])


def test_a_host_that_no_group_needs_is_a_spare() -> None:
    options = planning_options("examples/2x8-h100")
    third = {**copy.deepcopy(options["hosts"][0]), "name": "gpu-03", "address": "10.20.0.99"}
    sizes = {"constraints.tensor_parallel": 8, "constraints.pipeline_parallel": 2}
    document = made("examples/2x8-h100", {"hosts.2": third, **sizes})
    assert document["spares"] == ["gpu-03"]


def test_without_a_layout_the_error_has_every_refused_one() -> None:
    with pytest.raises(NoLayoutError) as caught:
        made("stage1-single-node", {"model": "deepseek-r1"})
    refused = caught.value.details["refused"]
    assert any("GiB too little" in line for line in refused)
    assert any(line.strip().startswith("fp8, tensor 1 x pipeline 2") for line in refused)
    assert any("nearest change: " in line for line in caught.value.details["faults"])


def test_a_rail_that_is_down_stops_the_plan_of_several_hosts() -> None:
    change: dict[str, Any] = {"hosts.0.hardware.rails.0.up": False}
    with pytest.raises(InputError, match="gpu-01: rail down"):
        made("examples/2x8-h100", change)
