# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rounds and the report of a transfer as a playbook sees them: plain values in and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parts import fan_out_of
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.receiving import (
    Passed,
    Pulled,
    Receiving,
    asked_for,
    bytes_by_feeder,
    parse_passed,
    through_relay,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.rounds import (
    Limits,
    Round,
    Standing,
    first_round,
    next_round,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.transfer_report import (
    NodeRuns,
    transfer_report,
)

Values = Mapping[str, Any]


def round_values(
    nodes: Sequence[Values],
    results: Mapping[str, Values],
    logs: Mapping[str, str],
    before: Values,
    limits: Values,
) -> dict[str, Any]:
    """The next round with the keys of Round; ``before`` is the last one, empty for none.

    ``results`` are by node what model_weights returned last as ``weights``, ``logs`` what the
    relays wrote, ``limits`` has the keys of Limits. Raises InputError, and ValueError for a log
    that is none.
    """
    standings = {name: _standing(weights) for name, weights in results.items()}
    wanted = Limits(**limits)
    if not before:
        return asdict(first_round(standings, wanted))
    values = {field.name: before[field.name] for field in fields(Round)}
    last = Round(**{**values, "holders": tuple(before["holders"]), "aside": tuple(before["aside"])})
    passed = _passed(logs)
    receiving = {
        name: _receiving(weights, passed.get(name, ())) for name, weights in results.items()
    }
    return asdict(next_round(last, nodes, standings, receiving, wanted))


def report_values(
    nodes: Sequence[Values],
    runs: Mapping[str, Sequence[Values]],
    logs: Mapping[str, str],
    port: int,
) -> dict[str, Any]:
    """The report of transfer_report; ``runs`` are by node all that model_weights returned."""
    names = {f"{node['address']}:{port}": str(node["name"]) for node in nodes}
    order = [feed.node for feed in fan_out_of(nodes, (), ()).feeds] if nodes else []
    rates = {node["name"]: node.get("bytes_per_second") for node in nodes}
    passed = _passed(logs)
    told = [_runs(name, each, passed.get(name, ()), rates.get(name)) for name, each in runs.items()]
    return transfer_report(told, order=order, names=names)


def _standing(weights: Values) -> Standing:
    # A run that landed what it lacked still names it as what it began with.
    lacking = weights["left_bytes"] if weights["seconds"] else weights["to_fetch_bytes"]
    return Standing(
        whole=bool(weights["verified"]),
        wanting_bytes=int(lacking),
        largest_bytes=int(weights["largest_bytes"]),
        seconds=float(weights["seconds"]),
    )


def _receiving(weights: Values, passed: Sequence[Passed]) -> Receiving:
    """A node that feeds others has a relay between itself and its feeder; the last one asks."""
    if passed:
        return through_relay(passed)
    return asked_for([Pulled(**pull) for pull in weights["pulls"]], float(weights["seconds"]))


def _runs(name: str, runs: Sequence[Values], passed: Sequence[Passed], rate: Any) -> NodeRuns:
    received = Counter(bytes_by_feeder(passed))
    for pull in (pull for run in runs for pull in run["pulls"]):
        received[pull["feeder"]] += int(pull["bytes"])
    return NodeRuns(
        name=name,
        fetched_bytes=sum(int(run["fetched_bytes"]) for run in runs),
        seconds=sum(float(run["seconds"]) for run in runs),
        retries=sum(int(run["retries"]) for run in runs),
        received=received,
        mismatches=tuple((bad["file"], bad["url"]) for run in runs for bad in run["mismatches"]),
        link_bytes_per_second=rate,
    )


def _passed(logs: Mapping[str, str]) -> dict[str, tuple[Passed, ...]]:
    return {name: parse_passed(text) for name, text in logs.items()}
