"""Which weight format runs on which GPU."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.formats import format_fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    find_format,
    find_model,
)

R1 = find_model("deepseek-r1")
FORMATS = ("bfloat16", "fp8", "int8-block", "int8-channel", "awq", "w4afp8", "nvfp4")


@pytest.mark.parametrize(
    ("gpu", "runs"),
    [
        ("a100-sxm-80gb", {"bfloat16", "int8-block", "int8-channel", "awq"}),
        ("a800-pcie-80gb", {"bfloat16", "int8-block", "int8-channel", "awq"}),
        ("l40s-48gb", {"bfloat16", "fp8", "int8-block", "int8-channel", "awq"}),
        ("h100-sxm-80gb", {"bfloat16", "fp8", "int8-block", "int8-channel", "awq", "w4afp8"}),
        ("h20-96gb", {"bfloat16", "fp8", "int8-block", "int8-channel", "awq", "w4afp8"}),
        ("b200-sxm-180gb", {"bfloat16", "fp8", "int8-block", "awq", "nvfp4"}),
        ("rtx-pro-6000-server-96gb", {"bfloat16", "fp8", "int8-block", "awq", "nvfp4"}),
        ("cpu", {"bfloat16"}),
    ],
)
def test_a_gpu_runs_these_formats_of_r1_and_no_other(gpu: str, runs: set[str]) -> None:
    found = {name for name in FORMATS if format_fault(find_gpu(gpu), find_format(R1, name)) is None}
    assert found == runs


@pytest.mark.parametrize(
    ("gpu", "name", "found", "needed"),
    [
        ("a100-sxm-80gb", "fp8", "8.0", "8.9 or newer for FP8 matrix units"),
        ("a100-sxm-80gb", "w4afp8", "8.0", "8.9 or newer for FP8 matrix units"),
        ("l40s-48gb", "w4afp8", "8.9", "9.0 for a W4A8 grouped GEMM kernel"),
        ("b200-sxm-180gb", "int8-channel", "10.0", "8.0 to 9.0 for an int8_scaled_mm kernel"),
        ("h200-sxm-141gb", "nvfp4", "9.0", "10.0 or newer for FP4 matrix units"),
    ],
)
def test_a_format_that_does_not_run_says_what_it_needs(
    gpu: str, name: str, found: str, needed: str
) -> None:
    assert format_fault(find_gpu(gpu), find_format(R1, name)) == Fault(
        code="format_not_for_gpu",
        where=f"{gpu}: weight format {name}",
        found=f"compute capability {found}",
        needed=f"compute capability {needed}",
        fix="choose another weight format of the model, or other GPUs",
    )
