# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person reads when a run is over: the answer, where it came from, what was simulated.

The data of a report, as C(closing_report) and C(report_json) take it::

    endpoint: {url: http://10.79.0.11:30080, model: smollm2-135m-instruct}
    question: What is the capital of France?
    answer: The capital of France is Paris.
    tokens_per_second: 12.5              # of this one answer
    weights:                             # of this run; no nodes where nothing was fetched in it
      source_bytes: 123456789
      model_bytes: 123456789
      wrong: []                          # a line for each file that came with wrong bytes
      nodes: [{host: node1, fetched_bytes: 123456789, seconds: 1.5, wire_ratio: 1.08, retries: 0,
               feeders: [the source]}]   # wire_ratio 0.0 where the rate of the link is unknown
    startup: {seconds: 61.5, load_seconds: 4.2}  # of the engine; 0.0 where it does not say it
    ranks: [{rank: 0, pod: smollm2-0, host: node1, node_ip: 10.79.0.12}]
    parts: [{name: kubelet, real: true, how: built from its module, run by systemd}]
    phases: [{name: serve, seconds: 61.5, result: changed}]  # as the callback timeline writes them
    next_commands: [make lab-down]
    warnings: [nothing pins the weights of smollm2]
    versions: {kubernetes: "..."}
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.units import GIB

SCHEMA = 1
COLUMNS = 80
# A type is a value, a mapping with the key `str` has any names, a list has one kind of element.
SHAPE: Mapping[Any, Any] = {
    "endpoint": {"url": str, "model": str},
    "question": str,
    "answer": str,
    "tokens_per_second": float,
    "startup": {"seconds": float, "load_seconds": float},
    "weights": {
        "source_bytes": int,
        "model_bytes": int,
        "wrong": [str],
        "nodes": [
            {
                "host": str,
                "fetched_bytes": int,
                "seconds": float,
                "wire_ratio": float,
                "retries": int,
                "feeders": [str],
            }
        ],
    },
    "ranks": [{"rank": int, "pod": str, "host": str, "node_ip": str}],
    "parts": [{"name": str, "real": bool, "how": str}],
    "phases": [{"name": str, "seconds": float, "result": str}],
    "next_commands": [str],
    "warnings": [str],
    "versions": {str: str},
}
WORDS = {str: "a string", int: "an integer", float: "a number", bool: "true or false"}


def closing_report(data: Mapping[str, Any]) -> str:
    """The report as text of 80 columns; commands are never broken.

    Raises InputError with every part of C(data) that is missing or of the wrong type.
    """
    report = _checked(data)
    speed = f"{report['tokens_per_second']:.1f} tokens per second"
    sections = [
        ("Question", _wrapped(report["question"])),
        ("Answer", _wrapped(report["answer"])),
        ("Engine", [f"{report['endpoint']['model']} at {report['endpoint']['url']}, {speed}"]),
        ("Weights", _weights_lines(report["weights"])),
        ("Start of the engine", _startup_lines(report["startup"])),
        ("Where each rank ran", _rank_lines(report["ranks"])),
        ("Real", _part_lines(report["parts"], real=True)),
        ("Simulated", _part_lines(report["parts"], real=False)),
        ("Warnings", [line for warning in report["warnings"] for line in _wrapped(warning)]),
        ("Versions", _columns([[name, text] for name, text in sorted(report["versions"].items())])),
        ("Phases", _phase_lines(report["phases"])),
        ("Try next", report["next_commands"]),
    ]
    return "\n\n".join(_section(title, lines) for title, lines in sections)


def report_json(data: Mapping[str, Any]) -> str:
    """The report as JSON of schema 1, with the keys that this file describes and no others.

    Raises InputError as C(closing_report) does.
    """
    return json.dumps({"schema": SCHEMA, **_checked(data)}, indent=2) + "\n"


def _checked(data: Mapping[str, Any]) -> dict[str, Any]:
    faults: list[str] = []
    report: dict[str, Any] = _read(data, SHAPE, "", faults)
    if faults:
        raise InputError("report", faults)
    return report


def _read(value: Any, shape: Any, where: str, faults: list[str]) -> Any:
    """A plain copy of C(value) as far as C(shape) describes it; differences go to C(faults)."""
    if isinstance(shape, Mapping):
        return _read_mapping(value, shape, where, faults)
    if isinstance(shape, list):
        if not isinstance(value, Sequence) or isinstance(value, str):
            faults.append(f"{where}: found {_word(value)}, needed a list")
            return []
        return [_read(item, shape[0], f"{where}[{n}]", faults) for n, item in enumerate(value)]
    accepted = (int, float) if shape is float else (shape,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and shape is not bool):
        faults.append(f"{where}: found {_word(value)}, needed {WORDS[shape]}")
        return None
    return shape(value)


def _read_mapping(
    value: Any, shape: Mapping[Any, Any], where: str, faults: list[str]
) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        faults.append(f"{where or 'data'}: found {_word(value)}, needed a mapping")
        return {}
    names = value if str in shape else shape
    prefix = f"{where}." if where else ""
    faults += [f"{prefix}{name}: is missing" for name in names if name not in value]
    return {
        str(name): _read(value[name], shape.get(name, shape.get(str)), f"{prefix}{name}", faults)
        for name in names
        if name in value
    }


def _word(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__.removeprefix("_Ansible")


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" if line else "" for line in lines or ["none"])])


def _wrapped(text: str) -> list[str]:
    return [
        line
        for paragraph in text.strip().splitlines()
        for line in textwrap.wrap(paragraph, COLUMNS - 2) or [""]
    ]


def _startup_lines(startup: Mapping[str, float]) -> list[str]:
    rows = [
        [name, f"{startup[key]:.1f} s"]
        for key, name in (("load_seconds", "loading the weights"), ("seconds", "in all"))
        if startup[key]
    ]
    return _columns(rows) if rows else ["not measured: the engine has no metric of it"]


def _weights_lines(weights: Mapping[str, Any]) -> list[str]:
    if not weights["nodes"]:
        return ["every node had them"]
    rows = [_weights_row(node) for node in weights["nodes"]]
    sent = weights["source_bytes"]
    copies = f", {sent / weights['model_bytes']:.2f} copies" if weights["model_bytes"] else ""
    return [
        *_columns([["host", "GiB", "seconds", "wire", "retries", "from"], *rows]),
        f"the source sent {sent / GIB:.2f} GiB{copies}",
        *(line for wrong in weights["wrong"] for line in _wrapped(wrong)),
    ]


def _weights_row(node: Mapping[str, Any]) -> list[str]:
    return [
        node["host"],
        f"{node['fetched_bytes'] / GIB:.2f}",
        f"{node['seconds']:.1f}",
        f"{node['wire_ratio']:.2f}" if node["wire_ratio"] else "-",
        str(node["retries"]),
        ", ".join(node["feeders"]),
    ]


def _rank_lines(ranks: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        [str(rank["rank"]), rank["host"], rank["node_ip"], rank["pod"]]
        for rank in sorted(ranks, key=lambda rank: (rank["rank"], rank["pod"]))
    ]
    return _columns([["rank", "host", "node address", "pod"], *rows]) if rows else []


def _part_lines(parts: Sequence[Mapping[str, Any]], *, real: bool) -> list[str]:
    return [
        line
        for part in parts
        if part["real"] is real
        for line in textwrap.wrap(
            f"{part['name']}: {part['how']}", COLUMNS - 2, subsequent_indent="  "
        )
    ]


def _phase_lines(phases: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [[phase["name"], f"{phase['seconds']:.1f} s", phase["result"]] for phase in phases]
    total = sum(phase["seconds"] for phase in phases)
    return _columns([*rows, ["total", f"{total:.1f} s", ""]]) if rows else []


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows with each column as wide as its widest cell and two spaces between columns."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
