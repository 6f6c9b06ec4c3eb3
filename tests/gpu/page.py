"""Write docs/two-gpus.md from the records: `python -m tests.gpu.page [--check]`.

The text outside the markers is written by hand; every figure between them is of a record.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.gpu.table import Record, rates, table
from tools.marked import between_markers
from tools.roles import ROOT

PAGE = ROOT / "docs/two-gpus.md"
RECORDED = ROOT / "tests/gpu/recorded"
# The machines, in the order of the page.
MACHINES = ("2026-11-24-h100x2", "2026-11-30-h200x2")
BEGIN = "<!-- records: written by python -m tests.gpu.page -->"
END = "<!-- end of records -->"
TITLES = {
    "deepseek-v2-lite": "DeepSeek-V2-Lite's shape, bfloat16",
    "deepseek-r1": "9 layers of DeepSeek-R1's shape, FP8 blocks",
}
NODES = "-2-nodes"


def main() -> int:
    """Write the page, or exit with 1 where `--check` finds it old."""
    parser = argparse.ArgumentParser(prog="tests.gpu.page", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    old = PAGE.read_text(encoding="utf-8")
    new = page(old, [read(RECORDED / name) for name in MACHINES])
    if parser.parse_args().check:
        return int(old != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


def read(directory: Path) -> list[Record]:
    """The records of two nodes, the plan's first."""
    files = sorted(directory.glob(f"*{NODES}*.json"))
    records = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return sorted(records, key=lambda record: (record["chosen_by"] != "plan", record["name"]))


def page(old: str, machines: Sequence[Sequence[Record]]) -> str:
    """The page with its part between the markers made anew: a section for each machine."""
    content = "\n".join([*(line for records in machines for line in _content(records)), ""])
    return between_markers(old, begin=BEGIN, end=END, content=content, where="docs/two-gpus.md")


def in_turn(records: Sequence[Record], chosen_by: str) -> list[float]:
    """Rates at the most streams of the launch that ran several times, in the order of its runs."""
    named = {record["name"]: record for record in records if record["chosen_by"] == chosen_by}
    again = next((name for name in named if name.endswith(f"{NODES}-2")), "")
    first = again.removesuffix("-2")
    runs = [name for name in sorted(named) if again and name.startswith(first)]
    return [max(rates(named[name]).items())[1] for name in runs]


def _content(records: Sequence[Record]) -> Iterator[str]:
    one = records[0]
    yield from ("", f"## {one['gpus_of_machine']} x {one['card']}, {one['date']}")
    for model, title in TITLES.items():
        of_model = [record for record in records if record["model"] == model]
        yield from ("", f"### {title}", "", *table(of_model), "", *_chart(of_model), "")
        yield from (*_turns(of_model), "", *_killed(of_model), _transports(of_model))


def _chart(records: Sequence[Record]) -> Iterator[str]:
    """Output tokens/s at the most streams, one bar a launch."""
    most = max(streams for record in records for streams in rates(record))
    bars = [(_short(r), rates(r)[most]) for r in records if most in rates(r)]
    names = ", ".join(f'"{name}"' for name, _rate in bars)
    values = ", ".join(f"{rate:.0f}" for _name, rate in bars)
    yield from ("```mermaid", "xychart-beta horizontal")
    yield f'  title "Output tokens a second at {most} streams"'
    yield from (f"  x-axis [{names}]", f"  bar [{values}]", "```")


def _turns(records: Sequence[Record]) -> Iterator[str]:
    plan, best = in_turn(records, "plan"), in_turn(records, "hand")
    if not plan or not best:
        yield "Plan and best setting by hand were not run in turn for this shape."
        return
    ours, theirs = statistics.median(plan), statistics.median(best)
    yield (
        f"In turn, {len(plan)} runs each: the plan {_rates(plan)}, the best setting by hand "
        f"{_rates(best)} tokens/s; medians {ours:,.0f} and {theirs:,.0f}, the plan "
        f"{100 * (ours / theirs - 1):+.1f} %."
    )


def _killed(records: Sequence[Record]) -> Iterator[str]:
    for record in records:
        if "token_after_kill_seconds" in record:
            yield (
                f"Rank 1 killed: rank 0 was gone after {record['gone_after_kill_seconds']:.1f} s; "
                "started again at once, the group gave its first token "
                f"{record['token_after_kill_seconds']:.0f} s after the kill."
            )


def _transports(records: Sequence[Record]) -> str:
    found = sorted({name for record in records for name in record.get("nccl_transports", {})})
    said = sorted({name for record in records for name in record["predicted"]["nccl_transports"]})
    return f"NCCL's log says `{'`, `'.join(found)}`; the plan said `{'`, `'.join(said)}`."


def _short(record: Record) -> str:
    shape, _nodes, number = str(record["name"]).partition(NODES)
    for prefix in ("v2-lite-", "r1-slice-9-"):
        shape = shape.removeprefix(prefix)
    return shape + number.replace("-", " ")


def _rates(found: Sequence[float]) -> str:
    return ", ".join(f"{rate:,.0f}" for rate in found)


if __name__ == "__main__":
    sys.exit(main())
