# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's options by release: one table of what a setting is called where.

tests/fixtures/engine holds the options that the wheels of the first and the last supported release
declare (read by tools/engine_options.py); a test holds this table to them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

Release = tuple[int, int, int]

FIRST: Release = (0, 5, 17)
# --attn-dp-size is read from the wheel of the last release; --enable-dp-attention is deprecated
# there, and is the only spelling in the first one.
LAST: Release = (0, 5, 23)
RELEASE = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Flag:
    """An option from one release to another, both included."""

    option: str
    takes_value: bool = True
    since: Release = FIRST
    until: Release = LAST


# Attention groups inside a tensor group, in the engine's words of each release.
ATTENTION_GROUPS = (
    Flag("--dp-size", until=(0, 5, 22)),
    Flag("--enable-dp-attention", takes_value=False, until=(0, 5, 22)),
    Flag("--attn-dp-size", since=(0, 5, 23)),
)
FLAGS: Mapping[str, tuple[Flag, ...]] = {
    "tensor_parallel": (Flag("--tp-size"),),
    "pipeline_parallel": (Flag("--pp-size"),),
    "attention_data_parallel": ATTENTION_GROUPS,
    "expert_parallel": (Flag("--ep-size"),),
    "context": (Flag("--context-length"),),
    "memory_fraction": (Flag("--mem-fraction-static"),),
    "prefill_chunk": (Flag("--chunked-prefill-size"),),
    "decode_graph_requests": (Flag("--cuda-graph-max-bs-decode"),),
    "key_value_format": (Flag("--kv-cache-dtype"),),
    "running_requests": (Flag("--max-running-requests"),),
    "total_tokens": (Flag("--max-total-tokens"),),
    "draft_algorithm": (Flag("--speculative-algorithm"),),
    "draft_steps": (Flag("--speculative-num-steps"),),
    "draft_branches": (Flag("--speculative-eagle-topk"),),
    "draft_tokens": (Flag("--speculative-num-draft-tokens"),),
    "metrics": (Flag("--enable-metrics", takes_value=False),),
    "device": (Flag("--device"),),
    "attention_backend": (Flag("--attention-backend"),),
    "sampling_backend": (Flag("--sampling-backend"),),
    "no_overlap": (Flag("--disable-overlap-schedule", takes_value=False),),
    "no_warmup": (Flag("--skip-server-warmup", takes_value=False),),
    "sleep_on_idle": (Flag("--sleep-on-idle", takes_value=False),),
    "loader_options": (Flag("--model-loader-extra-config"),),
    "prefetch": (Flag("--weight-loader-prefetch-checkpoints", takes_value=False),),
    "prefetch_threads": (Flag("--weight-loader-prefetch-num-threads"),),
    "quantization": (Flag("--quantization"),),
    "dtype": (Flag("--dtype"),),
    "disaggregation_mode": (Flag("--disaggregation-mode"),),
    "disaggregation_backend": (Flag("--disaggregation-transfer-backend"),),
    "disaggregation_devices": (Flag("--disaggregation-ib-device"),),
    "disaggregation_port": (Flag("--disaggregation-bootstrap-port"),),
}


def release_of(version: str) -> Release:
    """The release of an engine version or image tag: its first three numbers.

    Raises InputError for a version whose options the planner does not know.
    """
    match = RELEASE.match(version)
    release = _numbers(match.groups()) if match else (0, 0, 0)
    if FIRST <= release <= LAST:
        return release
    first, last = _dotted(FIRST), _dotted(LAST)
    fault = Fault(
        code="engine_version_not_known",
        where="engine",
        found=f"SGLang {version}",
        needed=f"SGLang {first} to {last}",
        fix="choose an engine of the catalogue",
    )
    raise InputError("the engine", [fault.line()])


def flags_of(setting: str, release: Release) -> tuple[Flag, ...]:
    """The options that say C(setting) in a release, in the order in which they are written."""
    return tuple(flag for flag in FLAGS[setting] if flag.since <= release <= flag.until)


def rendered(setting: str, value: object, release: Release) -> tuple[str, ...]:
    """A setting as engine arguments, option and value as separate items."""
    items: list[str] = []
    for flag in flags_of(setting, release):
        items += [flag.option, str(value)] if flag.takes_value else [flag.option]
    return tuple(items)


def _numbers(groups: tuple[str, ...]) -> Release:
    major, minor, patch = (int(group) for group in groups)
    return (major, minor, patch)


def _dotted(release: Release) -> str:
    return ".".join(str(number) for number in release)
