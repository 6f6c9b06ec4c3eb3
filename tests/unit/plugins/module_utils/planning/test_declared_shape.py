"""Declarations of hardware: their keys, kinds and limits."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.declared_shape import (
    Hardware,
    RailSaid,
    parse_hardware,
)

ROOT = Path(__file__).resolve().parents[5]
H100 = {"gpu": "h100-sxm-80gb", "gpus": 8}
RAIL = {"device": "mlx5_0", "rate_gbps": 400}


def options() -> dict[str, Any]:
    spec = yaml.safe_load((ROOT / "roles/site/meta/argument_specs.yml").read_text())
    hardware: dict[str, Any] = spec["argument_specs"]["main"]["options"]["site_hardware"]["options"]
    return hardware


def test_keys_and_defaults_are_those_of_the_role() -> None:
    said = options()
    rails = said.pop("rails")["options"]
    own = {field.name: field.default for field in fields(Hardware) if field.name != "rails"}
    assert own == {name: option["default"] for name, option in said.items()}
    assert [field.name for field in fields(RailSaid)] == sorted(
        rails, key=[field.name for field in fields(RailSaid)].index
    )
    defaults = {name: option["default"] for name, option in rails.items() if "default" in option}
    assert {f.name: f.default for f in fields(RailSaid) if f.name in defaults} == defaults
    assert {name for name, option in rails.items() if option.get("required")} == {
        "device",
        "rate_gbps",
    }


def test_what_is_left_out_has_its_default() -> None:
    hardware, faults = parse_hardware({**H100, "rails": [RAIL]}, host="h")
    assert faults == ()
    assert hardware == Hardware(
        gpu="h100-sxm-80gb", gpus=8, rails=(RailSaid(device="mlx5_0", rate_gbps=400),)
    )
    assert parse_hardware({}, host="h") == (Hardware(), ())


@pytest.mark.parametrize(
    ("values", "code", "where", "needed"),
    [
        ({"gpu_model": "h100"}, "unknown_hardware_key", "site_hardware of h", "keys gpu, gpus, "),
        ({"gpus": -1}, "hardware_invalid", "site_hardware of h.gpus", "0 to 64"),
        ({"gpus": "8"}, "hardware_invalid", "site_hardware of h.gpus", "a value of type int"),
        ({"gpus": True}, "hardware_invalid", "site_hardware of h.gpus", "a value of type int"),
        ({"nvlink": 1}, "hardware_invalid", "site_hardware of h.nvlink", "a value of type bool"),
        ({"numa_nodes": 0}, "hardware_invalid", "site_hardware of h.numa_nodes", "1 to 64"),
        (
            {"memory_gib": 2_000_000},
            "hardware_invalid",
            "site_hardware of h.memory_gib",
            "0 to 65536",
        ),
        (
            {"disk_gb_per_second": -0.5},
            "hardware_invalid",
            "site_hardware of h.disk_gb_per_second",
            "0 to 1000",
        ),
        (
            {"peer_memory": "gdr"},
            "hardware_invalid",
            "site_hardware of h.peer_memory",
            "one of dmabuf, nvidia_peermem",
        ),
        ({"gpus": 8}, "hardware_invalid", "site_hardware of h", "both of gpu and gpus, or neither"),
        ({"gpu": "h100-sxm-80gb"}, "hardware_invalid", "site_hardware of h", "both of gpu and"),
        (
            {"gpu": "h200-sxm-141g", "gpus": 8},
            "unknown_gpu",
            "site_hardware of h.gpu",
            "a GPU model of the catalogue",
        ),
        ({"rails": "mlx5_0"}, "hardware_invalid", "site_hardware of h: rails", "a list of"),
        ({"rails": ["mlx5_0"]}, "hardware_invalid", "site_hardware of h: rails", "a list of"),
        (
            {"rails": [{"device": "mlx5_0"}]},
            "hardware_invalid",
            "site_hardware of h: rails[0].rate_gbps",
            "a value",
        ),
        (
            {"rails": [{**RAIL, "rate_gbps": 400e9}]},
            "hardware_invalid",
            "site_hardware of h: rails[0].rate_gbps",
            "1 to 10000",
        ),
        (
            {"rails": [{**RAIL, "link_layer": "RoCE"}]},
            "hardware_invalid",
            "site_hardware of h: rails[0].link_layer",
            "one of InfiniBand, Ethernet",
        ),
        (
            {"rails": [{**RAIL, "rate": 400}]},
            "unknown_hardware_key",
            "site_hardware of h: rails[0]",
            "keys device, rate_gbps",
        ),
        (
            {"rails": [RAIL, RAIL]},
            "hardware_invalid",
            "site_hardware of h: rails[1]",
            "each port once",
        ),
    ],
)
def test_a_bad_declaration_is_refused(
    values: dict[str, Any], code: str, where: str, needed: str
) -> None:
    hardware, faults = parse_hardware(values, host="h")
    assert hardware == Hardware()
    assert [(fault.code, fault.where) for fault in faults] == [(code, where)]
    assert faults[0].needed.startswith(needed)


def test_the_nearest_gpu_is_suggested() -> None:
    _, faults = parse_hardware({"gpu": "h200-sxm-141g", "gpus": 8}, host="h")
    assert faults[0].fix.startswith("write h200-sxm-141gb")


def test_a_device_may_have_several_ports() -> None:
    rails = [{**RAIL, "port": 1}, {**RAIL, "port": 2}]
    hardware, faults = parse_hardware({**H100, "rails": rails}, host="h")
    assert faults == ()
    assert [(rail.device, rail.port) for rail in hardware.rails] == [("mlx5_0", 1), ("mlx5_0", 2)]


def test_all_faults_are_told_at_once() -> None:
    values = {"gpus": -1, "colour": "green", "rails": [{"device": "mlx5_0"}]}
    _, faults = parse_hardware(values, host="h")
    assert len(faults) == 3


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("gpu_memory_mib", 0, 1024 * 1024),
        ("numa_nodes", 1, 64),
        ("tcp_gbps", 0, 10_000),
        ("disk_gb_per_second", 0, 1_000),
        ("memory_gib", 0, 65_536),
        ("cores", 0, 4096),
    ],
)
def test_limits_are_allowed_and_what_is_beyond_is_not(name: str, low: int, high: int) -> None:
    for value in (low, high):
        assert parse_hardware({name: value}, host="h")[1] == ()
    for value in (low - 1, high + 1):
        assert [fault.needed for fault in parse_hardware({name: value}, host="h")[1]] == [
            f"{low} to {high}"
        ]
