"""Write docs/deepseek-r1.md, what R1 671B needs where, and the example of docs/planning.md.

Everything between the markers comes from the planner, asked about the sites below inventories/,
and from the planner's source. The collection must be importable (make dev-links).

PYTHONPATH=.collections python -m tools.plan_docs          write both pages
PYTHONPATH=.collections python -m tools.plan_docs --check  exit 1 if they are not current
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import NoLayoutError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_text import (
    options as option_lines,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_text import plan_text
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import make_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.planning_input import (
    read_question,
)

from tools.constants import constants_of
from tools.marked import between_markers
from tools.planned_sites import SITES, parts, planning_options
from tools.roles import ROOT

BEGIN = "<!-- plans: written by python -m tools.plan_docs -->"
END = "<!-- end of plans -->"
MODEL = "deepseek-r1"
EXAMPLE = "examples/2x8-h100"
# What a site asks for itself, left out so that every site is asked the same.
FREE = {
    "weight_format": "",
    "tensor_parallel": 0,
    "pipeline_parallel": 0,
    "attention_data_parallel": 0,
    "expert_parallel": 0,
}
PLANNING = ROOT / "plugins/module_utils/planning"
# Where the planner's numbers are: engine's rules, measured parts, cost model, fabric, pods.
CONSTANTS = ("reserve", "memory", "cpu_memory", "cost_constants", "pools", "rank_resources")
# A docstring's sentence on constants without a comment.
OTHERS = re.compile(r"Source of each number that has no other: (?P<source>[^.]*\.py[^.]*\.)")
# Units have no source.
UNITS = frozenset({"GIB", "MIB", "GIGABIT", "MICROSECOND", "MINUTE", "MIB_PER_GIB"})


@dataclass(frozen=True)
class Answered:
    """A site with the planner's answer: a plan, or the error that says why there is none."""

    site: str
    hardware: str
    plan: Mapping[str, Any]
    error: NoLayoutError | None


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; the exit status is 1 if `--check` found a page that is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.plan_docs", description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args(arguments).check
    stale = [page for page in PAGES if _update(root / page, page, check=check)]
    for page in stale:
        sys.stdout.write(f"{page}: {'is not current' if check else 'is written'}\n")
    return int(check and bool(stale))


def sites_page() -> str:
    """The table of all sites, and the reasons of each refusal."""
    answered = [ask(site) for site in SITES]
    rows = "".join(f"| {' | '.join(_row(answer))} |\n" for answer in answered)
    head = (
        "| Inventory | GPUs | Weights | Layout of a group | Groups | Weights a GPU | KV tokens a"
        " group | One token | Tokens/s | Load |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    refused = "".join(_refusal(answer) for answer in answered if answer.error)
    plans = "".join(_arguments(answer) for answer in answered if not answer.error)
    return f"\n{head}{rows}\n## Refused\n\n{refused}## Engine arguments\n\n{plans}"


def example_page() -> str:
    """The whole text of one plan, and the table of constants."""
    asked = planning_options(EXAMPLE)
    # A page that spelled the engine's version would be old with the next one.
    text = plan_text(make_plan(read_question(asked))).replace(asked["engine_version"], "VERSION")
    table = "".join(f"| {' | '.join(row)} |\n" for row in _constant_rows())
    return (
        f"\n```\n{text}\n```\n\n## Constants\n\n"
        f"| Constant | Value | File | Source |\n|---|---|---|---|\n{table}\n"
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/deepseek-r1.md": sites_page,
    "docs/planning.md": example_page,
}


def ask(site: str) -> Answered:
    """R1 on a site's hardware, by the site's objective and concurrency and nothing else."""
    options = planning_options(site)
    asked = {**options, "model": MODEL, "constraints": {**options["constraints"], **FREE}}
    try:
        plan, error = make_plan(read_question(asked)), None
    except NoLayoutError as refusal:
        plan, error = {}, refusal
    return Answered(site, ", ".join(_hardware(options["hosts"])), plan, error)


def _constant_rows() -> Iterator[tuple[str, ...]]:
    version = parts()["sglang"]["version"]
    for name in CONSTANTS:
        text = (PLANNING / f"{name}.py").read_text(encoding="utf-8")
        others = OTHERS.search(text)
        everywhere = " ".join(others["source"].split()) if others else ""
        for constant in constants_of(text):
            if constant.name not in UNITS:
                own = constant.source
                source = own if ".py" in own else f"{own} {everywhere}".strip()
                source = source.replace("|", r"\|")
                for spelled in (f"SGLang {version}", version):
                    source = source.replace(spelled, "the catalogue's SGLang")
                yield f"`{constant.name}`", constant.value, f"`{name}.py`", source


def _update(path: Path, page: str, *, check: bool) -> bool:
    before = path.read_text(encoding="utf-8")
    after = between_markers(before, begin=BEGIN, end=END, content=PAGES[page](), where=page)
    if before != after and not check:
        path.write_text(after, encoding="utf-8")
    return before != after


def _hardware(hosts: list[Mapping[str, Any]]) -> Iterator[str]:
    """Hosts with the same GPUs, counted."""
    kinds = [
        f"{hardware['gpus']} x {hardware['gpu']}" if hardware.get("gpu") else "no GPU"
        for hardware in (host["hardware"] for host in hosts)
    ]
    for kind in dict.fromkeys(kinds):
        yield f"{kinds.count(kind)} hosts of {kind}" if kinds.count(kind) > 1 else kind


def _row(answer: Answered) -> tuple[str, ...]:
    name = f"`{answer.site}`"
    if answer.error:
        return (name, answer.hardware, "refused", *[""] * 7)
    engine = answer.plan["explanation"]["engines"][0]
    cost, capacity = engine["cost"], engine["capacity"]
    return (
        name,
        answer.hardware,
        answer.plan["model"]["format"],
        _sizes(answer.plan["layout"]),
        str(capacity["groups"]),
        f"{engine['memory']['weights_gib']:.1f} GiB",
        f"{capacity['tokens']:,}",
        f"{cost['decode_seconds'] * 1000:.1f} ms at {cost['concurrency']} requests",
        f"{cost['tokens_per_second']:,.0f}",
        cost["load"].partition(":")[0],
    )


def _sizes(layout: Mapping[str, int]) -> str:
    sizes = f"tensor {layout['tensor_parallel']} x pipeline {layout['pipeline_parallel']}"
    groups = max(layout["data_parallel"], layout.get("attention_data_parallel", 1))
    return f"{sizes}, {groups} attention groups" if groups > 1 else sizes


def _refusal(answer: Answered) -> str:
    lines = answer.error.details["faults"] if answer.error else []
    return f"`{answer.site}` ({answer.hardware}):\n\n" + "".join(f"- {x}\n" for x in lines) + "\n"


def _arguments(answer: Answered) -> str:
    lines = "\n".join(option_lines(answer.plan["arguments"]))
    return f"`{answer.site}`:\n\n```\n{lines}\n```\n\n"


if __name__ == "__main__":
    sys.exit(main())
