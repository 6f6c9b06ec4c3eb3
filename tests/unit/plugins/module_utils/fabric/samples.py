"""Hosts, plans and results as the gate gets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.limits import Limits
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.plan import (
    Request,
    make_plan,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.verdict import verdict

Figure = Callable[[str, str, str, int], float]


def host(number: int, rack: str = "r1", **values: Any) -> dict[str, Any]:
    return {
        "name": f"gpu{number}",
        "address": f"10.0.0.{number}",
        "rack": rack,
        "tcp_gbps": 10.0,
        "rails": [],
        **values,
    }


def rail(device: str = "mlx5_0", **values: Any) -> dict[str, Any]:
    return {
        "device": device,
        "port": 1,
        "link_layer": "InfiniBand",
        "gbps": 400.0,
        "gid_index": -1,
        "up": True,
        **values,
    }


def request(**values: Any) -> Request:
    defaults: dict[str, Any] = {
        "rounds": 3,
        "all_pairs": False,
        "at_once": 100,
        "seconds": 5,
        "streams": 4,
        "port": 5201,
    }
    return Request(**{**defaults, **values})


def plan(hosts: Sequence[Mapping[str, Any]], **values: Any) -> dict[str, Any]:
    return make_plan(hosts, request(**values))


def measured(made: Mapping[str, Any], figure: Figure) -> list[dict[str, Any]]:
    """What both sides of each planned test return, the figure from (kind, client, server, rail)."""
    results = []
    for name, test in made["tests"].items():
        if test["state"] != "planned":
            continue
        value = figure(test["kind"], test["client"], test["server"], test["rail"])
        sides = (("client", "measured", value), ("server", "served", None))
        results += [
            {"test": name, "side": side, "outcome": outcome, "value": of, "reason": ""}
            for side, outcome, of in sides
        ]
    return results


def judged(
    hosts: Sequence[Mapping[str, Any]],
    figure: Figure,
    *,
    earlier: Mapping[str, str] | None = None,
    limits: Mapping[str, Any] | None = None,
    **values: Any,
) -> dict[str, Any]:
    made = plan(hosts, **values)
    return verdict(
        made, measured(made, figure), limits=Limits.parse(limits or {}), earlier=earlier or {}
    )


def statuses(report: Mapping[str, Any]) -> dict[str, str]:
    return {name: value["status"] for name, value in report["hosts"].items()}
