"""The router's arguments, for engines that do both and for engines of each role."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.router_arguments import (
    disaggregated_router_arguments,
    leader_address,
    role_group_names,
    unified_router_arguments,
)

OPTIONS = Path(__file__).parents[4] / "fixtures" / "engine" / "router-options-0.3.2.txt"
PREFILL = "http://r1-prefill-0.r1-prefill.serving:30000"
DECODE = ("http://a:30000", "http://b:30000")
LEAST = ("--policy", "cache_aware", "--balance-abs-threshold", "0")


def test_a_leader_has_the_name_that_leaderworkerset_gives_its_pod() -> None:
    assert leader_address("r1-prefill", namespace="serving", port=30000) == PREFILL


def test_engines_that_do_both_are_workers() -> None:
    assert unified_router_arguments(DECODE, ()) == (
        "--worker-urls",
        "http://a:30000",
        "http://b:30000",
    )
    assert unified_router_arguments(DECODE[:1], LEAST) == ("--worker-urls", DECODE[0], *LEAST)


def test_engines_of_each_role_are_named_with_prefills_bootstrap_port() -> None:
    assert disaggregated_router_arguments((PREFILL, "http://p:1"), DECODE, bootstrap_port=8998) == (
        "--pd-disaggregation",
        "--prefill",
        "http://r1-prefill-0.r1-prefill.serving:30000",
        "8998",
        "--prefill",
        "http://p:1",
        "8998",
        "--decode",
        "http://a:30000",
        "--decode",
        "http://b:30000",
        "--prefill-policy",
        "cache_aware",
        "--decode-policy",
        "power_of_two",
    )


def test_a_policy_that_was_asked_for_holds_for_both_roles() -> None:
    arguments = disaggregated_router_arguments(
        (PREFILL,), DECODE[:1], bootstrap_port=8998, policy=LEAST
    )
    assert arguments[-4:] == LEAST
    assert "--prefill-policy" not in arguments


@pytest.mark.parametrize(
    ("role", "count", "names"),
    [
        ("prefill", 1, ("r1-prefill",)),
        ("decode", 1, ("r1-decode",)),
        ("decode", 3, ("r1-decode-0", "r1-decode-1", "r1-decode-2")),
    ],
)
def test_groups_of_a_role_are_named_after_it(role: str, count: int, names: tuple[str, ...]) -> None:
    assert role_group_names("r1", role, count) == names


def test_each_option_is_one_of_the_routers() -> None:
    known = dict(
        line.split(maxsplit=1) for line in OPTIONS.read_text(encoding="utf-8").splitlines()
    )
    arguments = (
        *unified_router_arguments(DECODE, LEAST),
        *disaggregated_router_arguments((PREFILL,), DECODE, bootstrap_port=8998),
    )
    options = {argument for argument in arguments if argument.startswith("--")}
    assert {option: known[option].split()[0] for option in options} == {
        "--balance-abs-threshold": "value",
        "--decode": "values",
        "--decode-policy": "value",
        "--pd-disaggregation": "flag",
        "--policy": "value",
        "--prefill": "values",
        "--prefill-policy": "value",
        "--worker-urls": "values",
    }
