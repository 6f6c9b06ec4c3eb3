# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The constants of the cost model, each with its source, in one place to calibrate them."""

from __future__ import annotations

from dataclasses import dataclass

MICROSECOND = 1e-6


@dataclass(frozen=True)
class Constants:
    """Shares are of the data sheet's figure, latencies and steps in seconds.

    C(answer_share) is the part of a typical request's tokens that the engine generates.
    """

    memory_share: float
    matrix_share: float
    collective_start: float
    nvlink_hop: float
    pcie_hop: float
    network_hop: float
    engine_step: float
    layer_step: float
    speculative_gain_one: float
    speculative_gain_many: float
    speculative_many: int
    answer_share: float


CONSTANTS = Constants(
    # FlashMLA's README (deepseek-ai/FlashMLA, 2025-02): 3,000 GB/s and 580 TFLOPS reached on an
    # H800 SXM5 of 3,350 GB/s and 989 TFLOPS in bfloat16.
    memory_share=0.90,
    matrix_share=0.59,
    # NCCL, src/graph/tuning.cc: baseLat and hwLat of algorithm tree, protocol LL.
    collective_start=6.8 * MICROSECOND,
    nvlink_hop=0.6 * MICROSECOND,
    pcie_hop=1.0 * MICROSECOND,
    network_hop=5.0 * MICROSECOND,
    # What the other terms leave of the time of a token, on the catalogue's SGLang with CUDA
    # graphs at one stream (512 tokens in, 128 out): 204 tokens/s of DeepSeek-V2-Lite's shape
    # (27 layers, bfloat16) on one H100, 262 tokens/s of 9 layers of DeepSeek-R1's (FP8) on two.
    engine_step=1.9e-3,
    layer_step=46 * MICROSECOND,
    # SGLang's page of DeepSeek-V3, multi-token prediction on 8 x H200: 1.8 times at batch size 1,
    # 1.5 times at 32.
    speculative_gain_one=1.8,
    speculative_gain_many=1.5,
    speculative_many=32,
    # The proportion of the measurements above: 128 of 640 tokens.
    answer_share=0.2,
)
# Activations are bfloat16 with every weight format.
ACTIVATION_BYTES = 2
# PPProxyTensors of each model: hidden states and residual.
HOP_TENSORS = 2
# kv_cache_configurator.py: without --max-running-requests the engine runs 2,048 to 4,096 requests
# at once.
RUNNING_REQUESTS = 2048
