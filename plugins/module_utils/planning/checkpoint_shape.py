# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model's shape from its config.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, nearest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    Attention,
    Experts,
    GroupedQuery,
    ModelSpec,
    MultiHeadLatent,
)


@dataclass
class Keys:
    """The keys of one config.json; what is missing or no size is kept in C(faults)."""

    name: str
    config: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def size(self, key: str, *, least: int = 1) -> int:
        """A whole number of C(least) or more; C(least) itself where there is a fault."""
        value = self.config.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        self.faults.append(
            Fault(
                code="config_key",
                where=f"config.json of {self.name}, {key}",
                found="no such key" if key not in self.config else repr(value),
                needed=f"a whole number of {least} or more",
                fix="use the config.json that the checkpoint was published with",
            )
        )
        return least

    def optional(self, key: str, default: int) -> int:
        """The same, or C(default) where the key is missing or null."""
        if self.config.get(key) is None:
            return default
        return self.size(key, least=0)


def read_shape(
    name: str, config: Mapping[str, Any]
) -> tuple[Optional[ModelSpec], tuple[Fault, ...]]:
    """The model without formats and parameter counts, or None, and the faults of its keys."""
    architecture = _architecture(config)
    if architecture not in _FAMILIES:
        return None, (_unknown_architecture(name, architecture),)
    family = _FAMILIES[architecture]
    keys = Keys(name, config)
    layers = keys.size("num_hidden_layers")
    model = ModelSpec(
        name=name,
        architecture=architecture,
        parameters=0,
        active_parameters=0,
        layers=layers,
        hidden=keys.size("hidden_size"),
        intermediate=keys.size("intermediate_size"),
        vocabulary=keys.size("vocab_size"),
        context=keys.size("max_position_embeddings"),
        attention=family.attention(keys),
        experts=family.experts(keys),
        draft_layers=keys.optional("num_nextn_predict_layers", 0),
        tied=bool(config.get("tie_word_embeddings", False)),
        licence="",
        formats=(),
        source=f"config.json of {name}",
        attention_bias=family.attention_bias or bool(config.get("attention_bias", False)),
    )
    return model, tuple(keys.faults)


@dataclass(frozen=True)
class _Family:
    attention: Callable[[Keys], Attention]
    experts: Callable[[Keys], tuple[Experts, ...]]
    attention_bias: bool = False


def _architecture(config: Mapping[str, Any]) -> str:
    names = config.get("architectures") or [""]
    return str(names[0])


def _unknown_architecture(name: str, architecture: str) -> Fault:
    near = nearest(architecture, _FAMILIES)
    return Fault(
        code="unknown_architecture",
        where=f"config.json of {name}, architectures",
        found=architecture or "none",
        needed=f"one of {', '.join(sorted(_FAMILIES))}",
        fix=f"is it {near}?" if near else "use a model of these architectures",
    )


def _latent(keys: Keys) -> MultiHeadLatent:
    return MultiHeadLatent(
        heads=keys.size("num_attention_heads"),
        query_rank=keys.optional("q_lora_rank", 0),
        key_value_rank=keys.size("kv_lora_rank"),
        nope_head_dim=keys.size("qk_nope_head_dim"),
        rope_head_dim=keys.size("qk_rope_head_dim"),
        value_head_dim=keys.size("v_head_dim"),
    )


def _grouped(keys: Keys) -> GroupedQuery:
    heads = keys.size("num_attention_heads")
    width = keys.size("hidden_size") // heads
    return GroupedQuery(
        heads=heads,
        key_value_heads=keys.optional("num_key_value_heads", heads),
        head_dim=keys.optional("head_dim", width),
    )


def _no_experts(_keys: Keys) -> tuple[Experts, ...]:
    return ()


def _deepseek_experts(keys: Keys) -> tuple[Experts, ...]:
    experts = Experts(
        routed=keys.size("n_routed_experts"),
        active=keys.size("num_experts_per_tok"),
        shared=keys.optional("n_shared_experts", 0),
        intermediate=keys.size("moe_intermediate_size"),
        dense_layers=keys.optional("first_k_dense_replace", 0),
    )
    return (experts,)


def _qwen_experts(keys: Keys) -> tuple[Experts, ...]:
    experts = Experts(
        routed=keys.size("num_experts"),
        active=keys.size("num_experts_per_tok"),
        shared=0,
        intermediate=keys.size("moe_intermediate_size"),
        dense_layers=0,
    )
    return (experts,)


_FAMILIES: Mapping[str, _Family] = {
    "DeepseekV2ForCausalLM": _Family(_latent, _deepseek_experts),
    "DeepseekV3ForCausalLM": _Family(_latent, _deepseek_experts),
    "LlamaForCausalLM": _Family(_grouped, _no_experts),
    "Qwen2ForCausalLM": _Family(_grouped, _no_experts, attention_bias=True),
    "Qwen3ForCausalLM": _Family(_grouped, _no_experts),
    "Qwen3MoeForCausalLM": _Family(_grouped, _qwen_experts),
}
