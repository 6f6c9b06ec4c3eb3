"""The GPU catalogue: names, and that its figures are of one kind."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import GPUS, find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus_data import ALL, CPU

RECORDED = Path(__file__).resolve().parents[4] / "fixtures/recorded/h100x2/query.csv"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NVIDIA A100-SXM4-80GB", "a100-sxm-80gb"),
        ("NVIDIA A100 80GB PCIe", "a100-pcie-80gb"),
        ("NVIDIA A100-SXM4-40GB", "a100-sxm-40gb"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm-80gb"),
        ("NVIDIA H100 NVL", "h100-nvl-94gb"),
        ("NVIDIA H200", "h200-sxm-141gb"),
        ("NVIDIA H20", "h20-96gb"),
        ("NVIDIA H20-3e", "h20-141gb"),
        ("NVIDIA B200", "b200-sxm-180gb"),
        ("nvidia l40s", "l40s-48gb"),
        ("H100-SXM-80GB", "h100-sxm-80gb"),
        ("cpu", "cpu"),
    ],
)
def test_a_gpu_is_found_by_what_nvml_says_or_by_its_own_name(name: str, found: str) -> None:
    assert find_gpu(name).name == found


def test_an_unknown_gpu_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError) as caught:
        find_gpu("h100-sxm-8gb")
    assert caught.value.details["faults"] == [
        "GPU: unknown gpu: found h100-sxm-8gb, needed a GPU model of the catalogue; "
        "write h100-sxm-80gb, or remove h100-sxm-8gb"
    ]


def test_memory_and_capability_are_what_the_recorded_h100_reports() -> None:
    with RECORDED.open(encoding="utf-8") as lines:
        row = next(csv.DictReader(lines, skipinitialspace=True))
    gpu = find_gpu(row["name"])
    assert f"{gpu.memory_mib} MiB" == row["memory.total [MiB]"]
    assert ".".join(map(str, gpu.compute_capability)) == row["compute_cap"]


def test_each_name_leads_to_one_model() -> None:
    named = {(name.lower(), gpu.name) for gpu in ALL for name in (gpu.name, *gpu.names)}
    assert len(named) == len({name for name, _ in named})
    assert list(GPUS) == [gpu.name for gpu in ALL]


@pytest.mark.parametrize("gpu", [gpu for gpu in ALL if gpu is not CPU], ids=lambda gpu: gpu.name)
def test_rates_are_bytes_a_second_of_one_direction_and_operations_without_sparsity(
    gpu: object,
) -> None:
    spec = find_gpu(getattr(gpu, "name", ""))
    assert 300e9 <= spec.memory_bandwidth <= 8e12
    assert spec.nvlink_bandwidth in (0, 200e9, 300e9, 450e9, 900e9)
    assert spec.pcie_bandwidth in (32e9, 64e9)
    assert 100e12 < spec.flops("bfloat16") <= 2.5e15
    eight = spec.flops("fp8") or spec.flops("int8")
    assert eight == pytest.approx(2 * spec.flops("bfloat16"), rel=0.02)
    assert bool(spec.flops("fp8")) is (spec.compute_capability >= (8, 9))
    assert bool(spec.flops("fp4")) is (spec.compute_capability >= (10, 0))
    assert 58 <= spec.multiprocessors <= 188
    assert spec.source
