# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which attention backend the engine takes on a GPU, as far as memory depends on it.

Source: _get_default_attn_backend in sglang/srt/server_args.py of the catalogue's SGLang, and the
entries of DeepseekV3ForCausalLM and _attention_backend_fa3_fp8_fallback in
sglang/srt/arg_groups/overrides.py. Plans run on its CUDA image, which has CUDA 12.8 or newer and
FlashInfer.
"""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpu_spec import GpuSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Constraints

TRITON = "triton"
# What --attention-backend takes on NVIDIA GPUs and CPUs for the attention that the planner knows,
# in every release of engine_flags.py (ATTENTION_BACKEND_CHOICES).
BACKENDS = (
    TRITON,
    "torch_native",
    "flex_attention",
    "fa3",
    "fa4",
    "flashinfer",
    "flashmla",
    "trtllm_mla",
    "cutedsl_mla",
    "trtllm_mha",
    "intel_amx",
)
HOPPER, DATACENTER_BLACKWELL = 9, 10
# By major compute capability; the last entry is for every other GPU.
LATENT = {HOPPER: "fa3", DATACENTER_BLACKWELL: "flashinfer", 0: TRITON}
GROUPED = {HOPPER: "fa3", DATACENTER_BLACKWELL: "trtllm_mha", 0: "flashinfer"}
OF_ARCHITECTURE = {("DeepseekV3ForCausalLM", DATACENTER_BLACKWELL): "trtllm_mla"}
# FlashAttention 3 has no kernel for this format of the KV cache.
NOT_IN_FA3 = "fp8_e5m2"


def attention_backend(gpu: GpuSpec, model: ModelSpec, constraints: Constraints) -> str:
    """The backend that was asked for, or the engine's default for the model on the GPU."""
    chosen = constraints.attention_backend or _default(gpu, model)
    falls_back = chosen == "fa3" and constraints.key_value_format == NOT_IN_FA3
    return TRITON if falls_back else chosen


def _default(gpu: GpuSpec, model: ModelSpec) -> str:
    major = gpu.compute_capability[0]
    table = LATENT if isinstance(model.attention, MultiHeadLatent) else GROUPED
    return OF_ARCHITECTURE.get((model.architecture, major), table.get(major, table[0]))
