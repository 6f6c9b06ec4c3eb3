"""Figures from SGLang's log, whose "GB" are GiB, and the lines of it that are worth keeping."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

NUMBER = r"(\d+(?:\.\d+)?)"
# Each figure by the line that the engine prints it on.
FIGURES: Mapping[str, re.Pattern[str]] = {
    "available_before_weights_gib": re.compile(rf"Load weight begin\. avail mem={NUMBER} GB"),
    "log_weights_gib": re.compile(rf"Load weight end\..*mem usage={NUMBER} GB"),
    "available_after_weights_gib": re.compile(rf"Load weight end\..*avail mem={NUMBER} GB"),
    "available_after_pool_gib": re.compile(rf"Memory pool end\. avail mem={NUMBER} GB"),
    "decode_graphs_gib": re.compile(rf"decode CUDA graph end\..*mem usage={NUMBER} GB"),
    "decode_graphs_seconds": re.compile(rf"decode CUDA graph end\. elapsed={NUMBER} s"),
    "prefill_graphs_gib": re.compile(rf"prefill CUDA graph end\..*mem usage={NUMBER} GB"),
}
KEPT = re.compile(
    r"Load weight|KV Cache is|Memory pool|CUDA graph|max_total_num_tokens=|Error|Traceback"
    r"|NCCL INFO (?:NET/|Using network)"
)
TRANSPORT = re.compile(r"NCCL INFO Channel .* via (\S+)")
KEPT_LINES = 60
TAIL_LINES = 25
LINE_WIDTH = 300


def figures(log: str) -> dict[str, float]:
    """The figures that the log has; of a figure printed several times the last."""
    found = {name: pattern.findall(log) for name, pattern in FIGURES.items()}
    return {name: float(values[-1]) for name, values in found.items() if values}


def kept_lines(log: str) -> list[str]:
    """The first lines that say something of memory, graphs, transport or errors, cut to a width."""
    lines = (line[:LINE_WIDTH] for line in log.splitlines() if KEPT.search(line))
    return list(lines)[:KEPT_LINES]


def transports(log: str) -> dict[str, int]:
    """How many of NCCL's channels use each transport, as NCCL_DEBUG=INFO spells it."""
    return dict(sorted(Counter(TRANSPORT.findall(log)).items()))


def tail(log: str) -> list[str]:
    """The last lines, cut to a width."""
    return [line[:LINE_WIDTH] for line in log.splitlines()[-TAIL_LINES:]]
