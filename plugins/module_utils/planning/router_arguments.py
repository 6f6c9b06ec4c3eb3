# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arguments of the router, smg, for the engines of a plan (docs/router.md).

Engines are named by address. The router could also watch pods, but in a group of several pods it
must take none but the leader's, and a router that is told the leaders needs no right to ask the API
server for anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.disaggregation import (
    BOOTSTRAP_PORT,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_shape import UNIFIED
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    PREFILL,
)

POLICY = "--policy"
METRIC = "--power-of-two-load-metric"
SETTINGS = (POLICY, METRIC, "--load-monitor-interval", "--prometheus-port")
"""Options that an intent file sets (guide_rows.py)."""

# What chooses among engines. With one engine nothing is chosen, and the router does not start:
# "Power-of-two policy requires at least 2 workers".
_CHOOSING = (POLICY, METRIC)
# Recommended for disaggregation by the README of sglang-router 0.3.2, smg's predecessor: a prefix
# that prefill knows is not computed again, and decode has no prefix cache to aim at.
_PREFILL_POLICY = ("--prefill-policy", "cache_aware")
_DECODE_POLICY = ("--decode-policy", "power_of_two")
_ONE_DECODE_POLICY = ("--decode-policy", "round_robin")


def leader_address(group: str, *, namespace: str, port: int) -> str:
    """URL of rank 0 of a group: LeaderWorkerSet names its pod, and its headless Service opens
    every port of it, prefill's bootstrap port as well."""
    return f"http://{group}-0.{group}.{namespace}:{port}"


def planned_router_arguments(plan: Plan, *, namespace: str) -> tuple[str, ...]:
    """Arguments for the groups of a plan, whose leaders are in C(namespace)."""
    addresses: dict[str, list[str]] = {}
    for group in plan.groups:
        address = leader_address(group.name, namespace=namespace, port=plan.ports.serving)
        addresses.setdefault(group.role, []).append(address)
    return router_arguments(addresses, plan.router_arguments)


def router_arguments(
    addresses: Mapping[str, Sequence[str]], settings: Sequence[str]
) -> tuple[str, ...]:
    """Arguments for engines by role: those that do both, or prefill and decode.

    C(settings) are options with their values, from an intent file. A policy among them holds for
    both roles; without one the router's own default is left, or what suits prefill and decode.
    """
    if UNIFIED in addresses:
        unified = addresses[UNIFIED]
        chosen = settings if len(unified) > 1 else _without_choice(settings)
        return ("--worker-urls", *unified, *chosen)
    prefill, decode = addresses[PREFILL], addresses[DECODE]
    of_decode = _DECODE_POLICY if len(decode) > 1 else _ONE_DECODE_POLICY
    return (
        "--pd-disaggregation",
        # The router tells decode the host of the prefill address and the port beside it.
        *(part for url in prefill for part in ("--prefill", url, str(BOOTSTRAP_PORT))),
        *(part for url in decode for part in ("--decode", url)),
        *(() if POLICY in settings else (*_PREFILL_POLICY, *of_decode)),
        *settings,
    )


def role_group_names(model: str, role: str, count: int) -> tuple[str, ...]:
    """Names of the groups of a role; a number follows where there are several."""
    known = {PREFILL: f"{model}-prefill", DECODE: f"{model}-decode"}
    name = known[role]
    return (name,) if count == 1 else tuple(f"{name}-{number}" for number in range(count))


def _without_choice(settings: Sequence[str]) -> tuple[str, ...]:
    pairs = zip(settings[::2], settings[1::2])
    return tuple(word for pair in pairs if pair[0] not in _CHOOSING for word in pair)
