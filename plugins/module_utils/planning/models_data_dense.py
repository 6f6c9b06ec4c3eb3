# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Models without experts: the distilled R1 models, Llama-3.3-70B and the lab's model.

Sources: config.json of each repository; the size is the total_size of its index, two bytes a
parameter.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    GroupedQuery,
    ModelSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weight_formats import (
    BFLOAT16,
    published,
)

_INDEX = "total_size of model.safetensors.index.json"


def _in_bfloat16(shape: ModelSpec, repository: str, parameters: int, licence: str) -> ModelSpec:
    """A shape as one repository holds it in bfloat16, named after the repository."""
    return replace(
        shape,
        name=repository.split("/")[1].lower(),
        parameters=parameters,
        active_parameters=parameters,
        licence=licence,
        formats=(published(BFLOAT16, repository, 2 * parameters, _INDEX),),
        source=f"https://huggingface.co/{repository}/blob/main/config.json",
    )


_QWEN_1B = ModelSpec(
    name="",
    architecture="Qwen2ForCausalLM",
    parameters=0,
    active_parameters=0,
    layers=28,
    hidden=1536,
    intermediate=8960,
    vocabulary=151936,
    context=131072,
    attention=GroupedQuery(heads=12, key_value_heads=2, head_dim=128),
    experts=(),
    draft_layers=0,
    tied=False,
    licence="",
    formats=(),
    source="",
    attention_bias=True,
)
_QWEN_7B = replace(
    _QWEN_1B,
    hidden=3584,
    intermediate=18944,
    vocabulary=152064,
    attention=GroupedQuery(heads=28, key_value_heads=4, head_dim=128),
)
_QWEN_14B = replace(
    _QWEN_7B,
    layers=48,
    hidden=5120,
    intermediate=13824,
    attention=GroupedQuery(heads=40, key_value_heads=8, head_dim=128),
)
_QWEN_32B = replace(_QWEN_14B, layers=64, intermediate=27648)
_LLAMA_8B = replace(
    _QWEN_1B,
    architecture="LlamaForCausalLM",
    layers=32,
    hidden=4096,
    intermediate=14336,
    vocabulary=128256,
    attention=GroupedQuery(heads=32, key_value_heads=8, head_dim=128),
    attention_bias=False,
)
_LLAMA_70B = replace(
    _LLAMA_8B,
    layers=80,
    hidden=8192,
    intermediate=28672,
    attention=GroupedQuery(heads=64, key_value_heads=8, head_dim=128),
)
# The engine's pipeline stages need a head of their own, so the lab's conversion does not tie it.
_SMOLLM2 = replace(
    _LLAMA_8B,
    layers=30,
    hidden=576,
    intermediate=1536,
    vocabulary=49152,
    context=8192,
    attention=GroupedQuery(heads=9, key_value_heads=3, head_dim=64),
)

_DISTILL = "deepseek-ai/DeepSeek-R1-Distill"

MODELS_DENSE: tuple[ModelSpec, ...] = (
    _in_bfloat16(_QWEN_1B, f"{_DISTILL}-Qwen-1.5B", 1_777_088_000, "MIT"),
    _in_bfloat16(_QWEN_7B, f"{_DISTILL}-Qwen-7B", 7_615_616_512, "MIT"),
    _in_bfloat16(_QWEN_14B, f"{_DISTILL}-Qwen-14B", 14_770_033_664, "MIT"),
    _in_bfloat16(_QWEN_32B, f"{_DISTILL}-Qwen-32B", 32_763_876_352, "MIT"),
    _in_bfloat16(
        _LLAMA_8B, f"{_DISTILL}-Llama-8B", 8_030_261_248, "MIT, Llama 3.1 Community License"
    ),
    _in_bfloat16(
        _LLAMA_70B, f"{_DISTILL}-Llama-70B", 70_553_706_496, "MIT, Llama 3.3 Community License"
    ),
    _in_bfloat16(
        _LLAMA_70B,
        "meta-llama/Llama-3.3-70B-Instruct",
        70_553_706_496,
        "Llama 3.3 Community License",
    ),
    _in_bfloat16(_SMOLLM2, "HuggingFaceTB/SmolLM2-135M-Instruct", 162_826_560, "Apache-2.0"),
)
