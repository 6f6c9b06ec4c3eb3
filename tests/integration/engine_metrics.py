"""Print what SGLang's own collectors register; runs inside the engine image.

    python3 engine_metrics.py ANSWERS

ANSWERS becomes a JSON mapping of each metric's name to the labels of its series. The collectors are
made as the scheduler and the tokenizer make them, of a rank of attention data parallelism; nothing
is started and no weights are opened.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 100}
SIZES = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 1,
}


def main() -> None:
    """Make the collectors and write what is registered."""
    model = Path("model")
    model.mkdir()
    (model / "config.json").write_text(json.dumps({**CONFIG, **SIZES}))
    words = ["--model-path", str(model.absolute()), "--device", "cpu", "--enable-metrics"]
    arguments = importlib.import_module("sglang.srt.server_args").prepare_server_args(words)
    collectors = importlib.import_module("sglang.srt.observability.metrics_collector")
    collectors.SchedulerMetricsCollector.init_new(
        server_args=arguments,
        ps=SimpleNamespace(attn_tp_rank=0, attn_cp_rank=0, pp_rank=0, moe_ep_rank=0),
        tp_rank=0,
        pp_rank=0,
        dp_rank=0,
        enable_priority_scheduling=False,
        enable_lora=False,
        enable_hierarchical_cache=False,
    )
    collectors.TokenizerMetricsCollector(
        server_args=arguments, labels={"model_name": "m", "engine_type": "unified"}
    )
    registry = importlib.import_module("prometheus_client").REGISTRY
    found = {
        name: sorted(getattr(metric, "_labelnames", ()))
        for name, metric in registry._names_to_collectors.items()
        if name.startswith("sglang:")
    }
    Path(sys.argv[1]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
