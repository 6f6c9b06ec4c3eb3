# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mixtures of experts beside DeepSeek-V3: Qwen3-235B-A22B and DeepSeek-V2-Lite.

Sources: config.json of each repository.
"""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    Experts,
    GroupedQuery,
    ModelSpec,
    MultiHeadLatent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weight_formats import (
    BFLOAT16,
    FP8,
    published,
)

_INDEX = "total_size of model.safetensors.index.json"
_COMPUTED = "computed from the tensors' shapes"

_QWEN3_235B = ModelSpec(
    name="qwen3-235b-a22b",
    architecture="Qwen3MoeForCausalLM",
    parameters=235_093_634_560,
    active_parameters=22_000_000_000,
    layers=94,
    hidden=4096,
    intermediate=12288,
    vocabulary=151936,
    context=40960,
    attention=GroupedQuery(heads=64, key_value_heads=4, head_dim=128),
    experts=(Experts(routed=128, active=8, shared=0, intermediate=1536, dense_layers=0),),
    draft_layers=0,
    tied=False,
    licence="Apache-2.0",
    formats=(
        published(BFLOAT16, "Qwen/Qwen3-235B-A22B", 470_187_269_120, _INDEX),
        published(FP8, "Qwen/Qwen3-235B-A22B-FP8", 236_445_455_360, _COMPUTED),
    ),
    source="https://huggingface.co/Qwen/Qwen3-235B-A22B/blob/main/config.json",
)

_V2_LITE = ModelSpec(
    name="deepseek-v2-lite",
    architecture="DeepseekV2ForCausalLM",
    parameters=15_706_484_224,
    active_parameters=2_400_000_000,
    layers=27,
    hidden=2048,
    intermediate=10944,
    vocabulary=102400,
    context=163840,
    attention=MultiHeadLatent(
        heads=16,
        query_rank=0,
        key_value_rank=512,
        nope_head_dim=128,
        rope_head_dim=64,
        value_head_dim=128,
    ),
    experts=(Experts(routed=64, active=6, shared=2, intermediate=1408, dense_layers=1),),
    draft_layers=0,
    tied=False,
    licence="DeepSeek Model License",
    formats=(published(BFLOAT16, "deepseek-ai/DeepSeek-V2-Lite", 31_412_968_448, _INDEX),),
    source="https://huggingface.co/deepseek-ai/DeepSeek-V2-Lite/blob/main/config.json",
)

MODELS_EXPERTS: tuple[ModelSpec, ...] = (_QWEN3_235B, _V2_LITE)
