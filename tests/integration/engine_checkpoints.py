"""config.json of the catalogue's models: what the engine looks at before it loads weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    GroupedQuery,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model

from tests.gpu.shapes import QUANTIZATION, Shape, config

MODEL_TYPES = {"LlamaForCausalLM": "llama", "Qwen2ForCausalLM": "qwen2"}
# quantization_config by the planner's name of the format, as the repositories of the catalogue
# have it. The channel-wise INT8 one names no method. AWQ's is left out: the engine turns it into
# awq_marlin where a CUDA card is, and refuses that option elsewhere.
METHODS: Mapping[str, Mapping[str, Any]] = {
    **QUANTIZATION,
    "int8-channel": {},
    "int8-block": {
        "quantization_config": {
            "quant_method": "blockwise_int8",
            "activation_scheme": "dynamic",
            "weight_block_size": [128, 128],
        }
    },
    "awq": {},
    "w4afp8": {
        "quantization_config": {
            "quant_method": "w4afp8",
            "activation_scheme": "dynamic",
            "weight_block_size": [128, 128],
        }
    },
    "nvfp4": {
        "quantization_config": {
            "quant_method": "modelopt",
            "quant_algo": "NVFP4",
            "group_size": 16,
            "kv_cache_quant_algo": None,
            "exclude_modules": ["lm_head"],
        }
    },
}


def checkpoint_config(name: str, weight_format: str) -> dict[str, Any]:
    """config.json of a model in a weight format, both by the planner's names."""
    model = find_model(name)
    if isinstance(model.attention, GroupedQuery):
        return {**_dense(name), **METHODS[weight_format]}
    shape = Shape(name, name, model.layers, "bfloat16")
    draft = {"num_nextn_predict_layers": model.draft_layers}
    return {**config(shape), **draft, **METHODS[weight_format]}


def _dense(name: str) -> dict[str, Any]:
    model = find_model(name)
    attention = model.attention
    assert isinstance(attention, GroupedQuery)
    return {
        "architectures": [model.architecture],
        "model_type": MODEL_TYPES[model.architecture],
        "hidden_size": model.hidden,
        "intermediate_size": model.intermediate,
        "num_hidden_layers": model.layers,
        "num_attention_heads": attention.heads,
        "num_key_value_heads": attention.key_value_heads,
        "head_dim": attention.head_dim,
        "vocab_size": model.vocabulary,
        "max_position_embeddings": model.context,
        "tie_word_embeddings": model.tied,
        "torch_dtype": "bfloat16",
    }
