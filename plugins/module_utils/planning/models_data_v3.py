# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DeepSeek-V3, R1 and R1-0528: one shape, several published formats.

Sources: config.json of deepseek-ai/DeepSeek-V3, -R1 and -R1-0528, which agree in every size, and
the model cards named with each format.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    Experts,
    ModelSpec,
    MultiHeadLatent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weight_formats import (
    AWQ,
    BFLOAT16,
    FP8,
    INT8_BLOCK,
    INT8_CHANNEL,
    NVFP4,
    W4AFP8,
    published,
)

_INDEX = "total_size of model.safetensors.index.json"
_COMPUTED = "computed from the tensors' shapes"

_V3 = ModelSpec(
    name="deepseek-v3",
    architecture="DeepseekV3ForCausalLM",
    parameters=671_026_419_200,
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
    licence="DeepSeek Model License",
    formats=(
        published(FP8, "deepseek-ai/DeepSeek-V3", 688_586_727_753, _INDEX),
        published(BFLOAT16, "unsloth/DeepSeek-V3-bf16", 1_368_979_721_216, _COMPUTED),
        published(AWQ, "cognitivecomputations/DeepSeek-V3-AWQ", 364_589_829_632, _COMPUTED),
        published(NVFP4, "nvidia/DeepSeek-V3-0324-NVFP4", 423_604_702_208, _COMPUTED),
    ),
    source="https://huggingface.co/deepseek-ai/DeepSeek-V3/blob/main/config.json",
)

_R1 = replace(
    _V3,
    name="deepseek-r1",
    licence="MIT",
    formats=(
        published(FP8, "deepseek-ai/DeepSeek-R1", 688_586_727_753, _INDEX),
        published(BFLOAT16, "unsloth/DeepSeek-R1-BF16", 1_368_979_721_216, _COMPUTED),
        published(INT8_BLOCK, "meituan/DeepSeek-R1-Block-INT8", 688_574_832_416, _COMPUTED),
        published(INT8_CHANNEL, "meituan/DeepSeek-R1-Channel-INT8", 689_089_248_420, _COMPUTED),
        published(AWQ, "cognitivecomputations/DeepSeek-R1-AWQ", 364_589_829_632, _COMPUTED),
        published(W4AFP8, "novita/Deepseek-R1-W4AFP8", 356_253_898_416, _COMPUTED),
        published(NVFP4, "nvidia/DeepSeek-R1-NVFP4", 423_604_702_208, _COMPUTED),
    ),
    source="https://huggingface.co/deepseek-ai/DeepSeek-R1/blob/main/config.json",
)

_R1_0528 = replace(
    _R1,
    name="deepseek-r1-0528",
    formats=(
        published(FP8, "deepseek-ai/DeepSeek-R1-0528", 688_586_727_753, _INDEX),
        published(BFLOAT16, "unsloth/DeepSeek-R1-0528-BF16", 1_368_979_721_216, _COMPUTED),
        published(AWQ, "QuixiAI/DeepSeek-R1-0528-AWQ", 364_589_829_632, _COMPUTED),
        published(W4AFP8, "novita/Deepseek-R1-0528-W4AFP8", 356_253_898_416, _COMPUTED),
        published(NVFP4, "nvidia/DeepSeek-R1-0528-NVFP4", 423_604_702_208, _COMPUTED),
    ),
    source="https://huggingface.co/deepseek-ai/DeepSeek-R1-0528/blob/main/config.json",
)

MODELS_V3: tuple[ModelSpec, ...] = (_V3, _R1, _R1_0528)
