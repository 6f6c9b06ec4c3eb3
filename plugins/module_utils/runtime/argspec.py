# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument specs that several modules share, beside their documentation fragments."""

from __future__ import annotations

from typing import Any

KUBERNETES: dict[str, dict[str, Any]] = {
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
}
"""Pair of the documentation fragment C(baremetal.sglang.kubernetes)."""

CONSTRAINTS: dict[str, dict[str, Any]] = {
    "weight_format": {"type": "str", "default": ""},
    "tensor_parallel": {"type": "int", "default": 0},
    "pipeline_parallel": {"type": "int", "default": 0},
    "attention_data_parallel": {"type": "int", "default": 0},
    "expert_parallel": {"type": "int", "default": 0},
    "groups": {"type": "int", "default": 0},
    "context": {"type": "int", "default": 0},
    "concurrency": {"type": "int", "default": 1},
    "typical_tokens": {"type": "int", "default": 4096, "no_log": False},
    "speculative": {"type": "bool", "default": False},
    "serving_mode": {"type": "str", "choices": ["unified", "disaggregated"], "default": "unified"},
    "key_value_format": {"type": "str", "default": "", "no_log": False},
    "memory_fraction": {"type": "float", "default": 0.0},
    "rank_cpu": {"type": "str", "default": ""},
    "rank_memory_gib": {"type": "int", "default": 0},
    "attention_backend": {"type": "str", "default": ""},
    "weight_loader": {"type": "str", "default": ""},
}
"""The options of C(constraints), as roles/site has them in C(site_constraints)."""

PLANNED_HOST: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str", "default": ""},
    "rack": {"type": "str", "default": ""},
    "leaf_switch": {"type": "str", "default": ""},
    "rails": {"type": "list", "elements": "str", "default": []},
    "gpus": {"type": "int", "default": 0},
    "hardware": {"type": "dict", "default": {}},
    "gpu_facts": {"type": "dict", "default": {}},
    "rdma_facts": {"type": "dict", "default": {}},
    "host_facts": {"type": "dict", "default": {}},
    "storage": {"type": "dict", "default": {}},
}

PLANNING: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "inventory": {"type": "str", "required": True},
    "model": {"type": "str", "required": True},
    "model_directory": {"type": "path", "default": ""},
    "engine": {"type": "str", "required": True},
    "engine_version": {"type": "str", "required": True},
    "engine_arguments": {"type": "list", "elements": "str", "default": []},
    "objective": {
        "type": "str",
        "choices": ["latency", "throughput", "longest_context", "fewest_gpus"],
        "default": "latency",
    },
    "constraints": {"type": "dict", "options": CONSTRAINTS, "default": {}},
    "environment": {"type": "dict", "default": {}},
    "hosts": {"type": "list", "elements": "dict", "options": PLANNED_HOST, "required": True},
    "topology_file": {"type": "path", "default": ""},
    "intent_file": {"type": "path", "default": ""},
    "rdma_resource": {"type": "str", "default": ""},
    "cache_path": {"type": "str", "default": ""},
    "namespace": {"type": "str", "default": "serving"},
}
"""Pair of the documentation fragment C(baremetal.sglang.planning)."""
