"""Write the tables of docs/intent-file.md from the planner's own mapping.

python -m tools.intent_docs          write the tables
python -m tools.intent_docs --check  exit 1 if they are not current
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tools.marked import MarkedPage
from tools.roles import ROOT

BEGIN = "<!-- intent file: written by python -m tools.intent_docs -->"
END = "<!-- end of intent file -->"
PAGE = "docs/intent-file.md"
LINKS = ROOT / ".collections"
PLANNING = "ansible_collections.baremetal.sglang.plugins.module_utils.planning"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; the exit status is 1 if `--check` found stale tables."""
    return MarkedPage(PAGE, BEGIN, END, "tools.intent_docs").run(arguments, root, tables())


def tables() -> str:
    """The guide's file, what each key becomes, and what each key takes, as Markdown."""
    keys, document = _mapping("guide_keys"), _mapping("guide_keys").example()
    rows = _mapping("guide_intent").read_intent(document, source=PAGE).rows
    return (
        "```yaml\n"
        + yaml.safe_dump(document, sort_keys=False)
        + "```\n\n### What it becomes\n\n"
        + _table(
            ("Key and value", "Became", "Why"),
            ((f"`{row.key}: {row.value}`", row.became, row.why) for row in rows),
        )
        + "\n### What each key takes\n\n"
        + _table(
            ("Key", "Takes", "Named by"),
            (
                (f"`{path}`", key.kind.noun, "the guide" if key.guide_name else "this collection")
                for path, key in keys.KEYS.items()
            ),
        )
        + "\n### What other values become\n\n"
        + _table(("Key and value", "Became", "Why"), _others())
    )


# Values that become something else than the guide's.
OTHERS: tuple[dict[str, dict[str, Any]], ...] = (
    {"communication": {"protocol": "TCP"}},
    {"communication": {"buffer_size": "8MB"}},
    {"communication": {"compression": False}},
    {"communication": {"zero_copy": False}},
    {"communication": {"all_reduce": "auto"}},
    *(
        {"load_balancing": {"strategy": name}}
        for name in ("round_robin", "random", "cache_aware", "power_of_two", "least_load", "manual")
    ),
    {"precision": {"mixed": "BF16"}},
    {"parallelism": {"data": 2}},
    {"parallelism": {"pipeline": 2}},
    {"parallelism": {"tensor": 8}},
    {"monitoring": {"port": 29001}},
)


def _others() -> Iterable[tuple[str, str, str]]:
    for document in OTHERS:
        row = _mapping("guide_intent").read_intent(document, source=PAGE).rows[-1]
        yield f"`{row.key}: {row.value}`", row.became, row.why


def _mapping(module: str) -> Any:
    """A module of the planner, by its name in the collection."""
    if str(LINKS) not in sys.path:
        sys.path.insert(0, str(LINKS))
    return importlib.import_module(f"{PLANNING}.{module}")


def _table(head: tuple[str, str, str], rows: Iterable[tuple[str, str, str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
