# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DeepSeek-V3, R1 and R1-0528: one shape, several published formats."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    Experts,
    ModelSpec,
    MultiHeadLatent,
    WeightFormat,
)

# One float32 scale for 128 x 128 weights of one byte: config.json quantization_config.
FP8_BLOCK_BYTES = 1 + 4 / (128 * 128)

_FP8 = WeightFormat(
    name="fp8",
    compute="fp8",
    expert_bytes=FP8_BLOCK_BYTES,
    linear_bytes=FP8_BLOCK_BYTES,
    attention_bytes=FP8_BLOCK_BYTES,
    other_bytes=2.0,
    block=128,
    checkpoint_bytes=688_586_727_753,
    arguments=(),
    repository="deepseek-ai/DeepSeek-R1",
    source="https://huggingface.co/deepseek-ai/DeepSeek-R1",
)

_R1 = ModelSpec(
    name="deepseek-r1",
    architecture="DeepseekV3ForCausalLM",
    parameters=671_000_000_000,
    active_parameters=37_000_000_000,
    layers=61,
    hidden=7168,
    intermediate=18432,
    vocabulary=129280,
    context=163840,
    attention=MultiHeadLatent(
        heads=128,
        query_rank=1536,
        key_value_rank=512,
        nope_head_dim=128,
        rope_head_dim=64,
        value_head_dim=128,
    ),
    experts=(Experts(routed=256, active=8, shared=1, intermediate=2048, dense_layers=3),),
    draft_layers=1,
    tied=False,
    licence="MIT",
    formats=(_FP8,),
    source="https://huggingface.co/deepseek-ai/DeepSeek-R1/blob/main/config.json",
)

MODELS_V3 = (_R1,)
