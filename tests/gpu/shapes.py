"""The models that run with dummy weights: shapes of the planner's catalogue, cut to few layers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    MultiHeadLatent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model

from tests.gpu.tokenizer import tokenizer_files

# What config.json of deepseek-ai/DeepSeek-V2-Lite and deepseek-ai/DeepSeek-R1 say beside sizes.
YARN = {
    "type": "yarn",
    "factor": 40,
    "beta_fast": 32,
    "beta_slow": 1,
    "original_max_position_embeddings": 4096,
}
ROUTING: Mapping[str, Mapping[str, Any]] = {
    "DeepseekV2ForCausalLM": {
        "model_type": "deepseek_v2",
        "n_group": 1,
        "topk_group": 1,
        "topk_method": "greedy",
        "scoring_func": "softmax",
        "norm_topk_prob": False,
        "routed_scaling_factor": 1.0,
        "rope_scaling": {**YARN, "mscale": 0.707, "mscale_all_dim": 0.707},
    },
    "DeepseekV3ForCausalLM": {
        "model_type": "deepseek_v3",
        "n_group": 8,
        "topk_group": 4,
        "topk_method": "noaux_tc",
        "scoring_func": "sigmoid",
        "norm_topk_prob": True,
        "routed_scaling_factor": 2.5,
        "rope_scaling": {**YARN, "mscale": 1.0, "mscale_all_dim": 1.0},
    },
}
QUANTIZATION: Mapping[str, Mapping[str, Any]] = {
    "bfloat16": {},
    "fp8": {
        "quantization_config": {
            "quant_method": "fp8",
            "fmt": "e4m3",
            "activation_scheme": "dynamic",
            "weight_block_size": [128, 128],
        }
    },
}


@dataclass(frozen=True)
class Shape:
    """A model of the catalogue, `of`, cut to `layers`, in one weight format, without draft head."""

    name: str
    of: str
    layers: int
    weight_format: str

    @property
    def model(self) -> ModelSpec:
        """The shape as the planner takes it."""
        return replace(find_model(self.of), name=self.name, layers=self.layers, draft_layers=0)


SHAPES: Mapping[str, Shape] = {
    shape.name: shape
    for shape in (
        Shape("v2-lite", "deepseek-v2-lite", 27, "bfloat16"),
        Shape("r1-slice-7", "deepseek-r1", 7, "fp8"),
        Shape("r1-slice-9", "deepseek-r1", 9, "fp8"),
    )
}


def config(shape: Shape) -> dict[str, Any]:
    """config.json of a shape.

    Raises ValueError for a model that is no mixture of experts with latent attention.
    """
    model, attention = shape.model, shape.model.attention
    if not isinstance(attention, MultiHeadLatent) or not model.experts:
        raise ValueError(f"{shape.name}: no config.json for {model.architecture}")
    experts = model.experts[0]
    return {
        "architectures": [model.architecture],
        "hidden_size": model.hidden,
        "intermediate_size": model.intermediate,
        "num_hidden_layers": model.layers,
        "num_nextn_predict_layers": 0,
        "vocab_size": model.vocabulary,
        "max_position_embeddings": model.context,
        "tie_word_embeddings": model.tied,
        "num_attention_heads": attention.heads,
        "num_key_value_heads": attention.heads,
        "q_lora_rank": attention.query_rank or None,
        "kv_lora_rank": attention.key_value_rank,
        "qk_nope_head_dim": attention.nope_head_dim,
        "qk_rope_head_dim": attention.rope_head_dim,
        "v_head_dim": attention.value_head_dim,
        "attention_bias": model.attention_bias,
        "n_routed_experts": experts.routed,
        "n_shared_experts": experts.shared,
        "num_experts_per_tok": experts.active,
        "moe_intermediate_size": experts.intermediate,
        "first_k_dense_replace": experts.dense_layers,
        "moe_layer_freq": 1,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000,
        "torch_dtype": "bfloat16",
        "bos_token_id": 1,
        "eos_token_id": 2,
        **ROUTING[model.architecture],
        **QUANTIZATION[shape.weight_format],
    }


def write_shape(shape: Shape, directory: Path) -> None:
    """The directory of a shape as the engine takes it with `--load-format dummy`."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {**tokenizer_files(shape.model.context), "config.json": json.dumps(config(shape))}
    for name, text in files.items():
        (directory / name).write_text(text + "\n")
