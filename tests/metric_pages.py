"""What a page of metrics has: the names of its series with their labels."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).with_name("fixtures") / "metrics"
_SERIES = re.compile(r"(?m)^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? \S+$")
_LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')


def page(name: str) -> str:
    """A recorded page; tests/fixtures/metrics/README.md says what served it."""
    return (PAGES / f"{name}.prom").read_text(encoding="utf-8")


def series_of(text: str) -> dict[str, frozenset[str]]:
    """Names of series in Prometheus' text format, each with all labels that one of them has."""
    found: dict[str, frozenset[str]] = {}
    for match in _SERIES.finditer(text):
        labels = frozenset(_LABEL.findall(match["labels"] or ""))
        found[match["name"]] = found.get(match["name"], frozenset()) | labels
    return found
