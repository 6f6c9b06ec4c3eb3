# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arguments of sglang-router 0.3.2 for the engines of a plan.

Engines are named by address. The router could also watch pods, but then it keeps engines that are
gone, and in a group of several pods it must not take any but the leader's.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    DECODE,
    PREFILL,
)

# The router's own recommendation for disaggregation (README of sglang-router 0.3.2): a prefix that
# prefill knows is not computed again, and decode has no prefix cache to aim at.
DISAGGREGATED_POLICY = ("--prefill-policy", "cache_aware", "--decode-policy", "power_of_two")


def leader_address(group: str, *, namespace: str, port: int) -> str:
    """URL of rank 0 of a group: LeaderWorkerSet names its pod, and its headless Service opens
    every port of it, prefill's bootstrap port as well."""
    return f"http://{group}-0.{group}.{namespace}:{port}"


def unified_router_arguments(addresses: Sequence[str], policy: Sequence[str]) -> tuple[str, ...]:
    """Arguments for engines that do both. An empty C(policy) leaves the router's own."""
    return ("--worker-urls", *addresses, *policy)


def disaggregated_router_arguments(
    prefill: Sequence[str],
    decode: Sequence[str],
    *,
    bootstrap_port: int,
    policy: Sequence[str] = (),
) -> tuple[str, ...]:
    """Arguments for prefill and decode engines, by address.

    The router tells decode the host of the prefill address and C(bootstrap_port). A C(policy), from
    an intent file, holds for both roles.
    """
    return (
        "--pd-disaggregation",
        *(part for url in prefill for part in ("--prefill", url, str(bootstrap_port))),
        *(part for url in decode for part in ("--decode", url)),
        *(policy or DISAGGREGATED_POLICY),
    )


def role_group_names(model: str, role: str, count: int) -> tuple[str, ...]:
    """Names of the groups of a role; a number follows where there are several."""
    known = {PREFILL: f"{model}-prefill", DECODE: f"{model}-decode"}
    name = known[role]
    return (name,) if count == 1 else tuple(f"{name}-{number}" for number in range(count))
