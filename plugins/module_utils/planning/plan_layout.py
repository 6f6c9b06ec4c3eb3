# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules between a plan's layout, its ranks and its engine arguments, for each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

# Options that say in the engine's words what the layout says; each is 1 where it is not given.
LAYOUT_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "tensor_parallel": ("--tp-size", "--tensor-parallel-size"),
    "pipeline_parallel": ("--pp-size", "--pipeline-parallel-size"),
    "data_parallel": ("--dp-size", "--data-parallel-size"),
    "expert_parallel": ("--ep-size", "--expert-parallel-size", "--ep"),
    "attention_data_parallel": ("--attn-dp-size", "--attention-data-parallel-size"),
}
# With DP attention the data-parallel ranks share the tensor-parallel ones (SGLang
# server_args.py); without it each is an engine of its own.
DP_ATTENTION = "--enable-dp-attention"


def layout_size(document: Mapping[str, Any], source: str) -> list[Fault]:
    """Groups whose ranks are not as many engine processes as their layout needs."""
    faults = []
    for index, engine in enumerate(_engines(document, source)):
        layout, shared = engine.layout, DP_ATTENTION in engine.arguments
        copies = 1 if shared else layout["data_parallel"]
        needed = layout["tensor_parallel"] * layout["pipeline_parallel"] * copies
        ranks = document["groups"][index]["ranks"]
        found = sum(max(1, len(rank["gpus"])) for rank in ranks)
        if found != needed:
            faults.append(
                Fault(
                    code="layout_size",
                    where=f"{source}: groups[{index}].ranks",
                    found=f"{found} engine processes (one a GPU, one a rank without GPUs)",
                    needed=f"{needed} = {_product(layout, shared=shared)}",
                    fix="change the layout, or add or remove ranks",
                )
            )
    return faults


def layout_arguments(document: Mapping[str, Any], source: str) -> list[Fault]:
    """Sizes that layout and arguments of a group say differently."""
    faults = []
    for engine in _engines(document, source):
        given = _option_values(engine.arguments)
        for size, options in LAYOUT_ARGUMENTS.items():
            needed = str(engine.layout.get(size, 1))
            found = next((given[option] for option in options if option in given), "1")
            if found != needed:
                faults.append(
                    Fault(
                        code="layout_arguments_differ",
                        where=engine.place,
                        found=f"{options[0]} {found}",
                        needed=f"{options[0]} {needed}, as layout.{size} says",
                        fix=f"correct {options[0]} in arguments, or layout.{size}",
                    )
                )
    return faults


def layout_divides(document: Mapping[str, Any], source: str) -> list[Fault]:
    """SGLang shares the tensor-parallel ranks out to expert and attention groups."""
    faults = []
    for engine in _engines(document, source):
        layout = engine.layout
        shared = ["expert_parallel", "attention_data_parallel"]
        shared += ["data_parallel"] if DP_ATTENTION in engine.arguments else []
        for size in shared:
            if layout["tensor_parallel"] % layout.get(size, 1):
                faults.append(
                    Fault(
                        code="layout_not_divisible",
                        where=engine.place,
                        found=f"layout.{size} {layout[size]}",
                        needed=f"a divisor of layout.tensor_parallel {layout['tensor_parallel']}",
                        fix=f"correct layout.{size}",
                    )
                )
    return faults


@dataclass(frozen=True)
class _Engine:
    """Layout and arguments of one group, and the place where faults of them are."""

    layout: Mapping[str, int]
    arguments: Sequence[str]
    place: str


def _engines(document: Mapping[str, Any], source: str) -> list[_Engine]:
    layout, arguments = document["layout"], document["arguments"]
    return [
        _Engine(
            layout={**layout, **group.get("layout", {})},
            arguments=[*arguments, *group.get("arguments", [])],
            place=f"{source}: groups[{index}]"
            if "layout" in group or "arguments" in group
            else f"{source}: arguments",
        )
        for index, group in enumerate(document["groups"])
    ]


def _option_values(arguments: Sequence[str]) -> dict[str, str]:
    """Values of options, written as two arguments or joined by "="."""
    pairs = dict(zip(arguments, arguments[1:]))
    joined = (argument.partition("=") for argument in arguments)
    return {**pairs, **{option: value for option, separator, value in joined if separator}}


def _product(layout: Mapping[str, int], *, shared: bool) -> str:
    sizes = f"tensor {layout['tensor_parallel']} x pipeline {layout['pipeline_parallel']}"
    return sizes if shared else f"{sizes} x data {layout['data_parallel']}"
