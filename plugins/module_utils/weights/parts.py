# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the nodes as a person lists them to the part of each in a transfer, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.relay import (
    Upstream,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.engines import (
    Part,
    Transfer,
    chain,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (
    FanOut,
    FanOutNode,
    plan_fan_out,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    is_relayable,
)

_KEYS = {"name", "address", "rack", "bytes_per_second", "has_source"}


def chain_parts(
    nodes: Sequence[Mapping[str, Any]],
    holders: Sequence[str],
    aside: Sequence[str] = (),
    *,
    source: str,
    source_token: str = "",
    guarded: bool = False,
    **transfer: Any,
) -> dict[str, dict[str, Any]]:
    """The part of every node by its name, with the keys of Part.

    A node has ``name`` and ``address`` and may have ``rack``, ``bytes_per_second`` and
    ``has_source`` (its own disk is the source). ``source`` is the URL of the model's directory,
    ``source_token`` what relays show there; a ``guarded`` one wants a secret that no relay may
    keep. ``transfer`` holds the other fields of Transfer. Raises InputError.
    """
    relayable = is_relayable(source) and not guarded
    upstream = Upstream(source, source_token) if relayable else None
    fan_out = fan_out_of(nodes, holders, aside, relayable=relayable)
    addresses = {str(node["name"]): str(node["address"]) for node in nodes}
    parts = chain(Transfer(source=upstream, fan_out=fan_out, addresses=addresses, **transfer))
    return {name: asdict(parts.get(name, Part())) for name in addresses}


def fan_out_of(
    nodes: Sequence[Mapping[str, Any]],
    holders: Sequence[str],
    aside: Sequence[str],
    *,
    relayable: bool = True,
) -> FanOut:
    """Who feeds whom; nodes as for chain_parts. Raises InputError."""
    faults = [fault for node in nodes for fault in _faults(node)]
    if faults:
        raise InputError("the nodes of the chain are refused", faults)
    return plan_fan_out(
        [_node(node) for node in nodes],
        holders=frozenset(holders),
        aside=frozenset(aside),
        relayable=relayable,
    )


def _faults(node: Mapping[str, Any]) -> list[str]:
    shown = f"node {node.get('name', '?')!r}"
    faults = [f"{shown}: {key} is needed" for key in ("name", "address") if not node.get(key)]
    faults += [f"{shown}: {key!r} is not known" for key in sorted({*node} - _KEYS)]
    rate = node.get("bytes_per_second")
    if rate is not None and not isinstance(rate, (int, float)):
        faults.append(f"{shown}: bytes_per_second is {rate!r}, a number is needed")
    return faults


def _node(node: Mapping[str, Any]) -> FanOutNode:
    return FanOutNode(
        name=str(node["name"]),
        rack=str(node.get("rack") or ""),
        bytes_per_second=node.get("bytes_per_second"),
        has_source=bool(node.get("has_source")),
    )
