"""Print records as a table: `python -m tests.gpu.table tests/gpu/recorded/DIRECTORY`.

A row is a launch: seconds until it was ready, weights and KV tokens against the prediction, output
tokens per second at each number of streams, and that rate against the plan's launch of its shape.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]


def main() -> int:
    """Print the table; exit code 1 when a launch failed."""
    parser = argparse.ArgumentParser(prog="tests.gpu.table", description=__doc__)
    parser.add_argument("directory", type=Path, help="records of the machine")
    files = sorted(parser.parse_args().directory.glob("*.json"))
    records = [json.loads(file.read_text()) for file in files]
    print("\n".join(table(records)))
    return 1 if any("failure" in record for record in records) else 0


def table(records: Sequence[Record]) -> Iterator[str]:
    """Lines of a Markdown table."""
    streams = sorted({number for record in records for number in rates(record)})
    heads = ["launch", "ready s", "weights", "KV tokens", *(f"{n} streams" for n in streams)]
    yield _line(heads)
    yield _line(["---"] * len(heads))
    for record in records:
        if "weights_gib" not in record:
            yield _line([record["name"], record["failure"], *[""] * (len(heads) - 2)])
            continue
        plan = plan_of(record, records)
        cells = [_rate(rates(record).get(n), rates(plan).get(n)) for n in streams]
        yield _line([*_memory(record), *cells])


def rates(record: Record) -> dict[int, float]:
    """Output tokens per second by number of streams."""
    return {
        item["streams"]: item["output_tokens_per_second"] for item in record.get("measured", [])
    }


def plan_of(record: Record, records: Sequence[Record]) -> Record:
    """The plan's launch of the same shape on as many GPUs, or nothing."""
    same = ("model", "layers", "gpus")
    plans = [
        other
        for other in records
        if other["chosen_by"] == "plan" and all(other[key] == record[key] for key in same)
    ]
    # A repetition has a longer name.
    return min(plans, key=lambda other: len(other["name"]), default={})


def _memory(record: Record) -> list[str]:
    before = record["predicted"]
    return [
        record["name"],
        f"{record['ready_seconds']:.0f}",
        f"{record['weights_gib']:.2f} GiB ({_off(before['weights_gib'], record['weights_gib'])})",
        f"{record['kv_tokens']:,} ({_off(before['kv_tokens'], record['kv_tokens'])})",
    ]


def _off(predicted: float, found: float) -> str:
    return f"predicted {(predicted / found - 1) * 100:+.1f} %"


def _rate(rate: float | None, planned: float | None) -> str:
    if rate is None:
        return ""
    return f"{rate:,.0f}" + (f" ({(rate / planned - 1) * 100:+.1f} %)" if planned else "")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
