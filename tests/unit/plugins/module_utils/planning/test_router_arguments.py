"""The router's arguments, for engines that do both and for engines of each role."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import parse_plan
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.router_arguments import (
    leader_address,
    planned_router_arguments,
    role_group_names,
    router_arguments,
)

from tests.plans import made_plan, plan

OPTIONS = Path(__file__).parents[4] / "fixtures" / "engine" / "router-options-1.13.0.txt"
PREFILL = "http://r1-prefill-0.r1-prefill.serving:30000"
DECODE = ("http://a:30000", "http://b:30000")
LEAST = ("--policy", "power_of_two", "--power-of-two-load-metric", "least_requests")
METRICS = ("--prometheus-port", "29001")


def test_a_leader_has_the_name_that_leaderworkerset_gives_its_pod() -> None:
    assert leader_address("r1-prefill", namespace="serving", port=30000) == PREFILL


def test_engines_that_do_both_are_workers() -> None:
    assert router_arguments({"unified": DECODE}, ()) == (
        "--worker-urls",
        "http://a:30000",
        "http://b:30000",
    )
    assert router_arguments({"unified": DECODE}, LEAST) == ("--worker-urls", *DECODE, *LEAST)


def test_among_one_engine_nothing_is_chosen_for_the_router_refuses_power_of_two_then() -> None:
    assert router_arguments({"unified": DECODE[:1]}, (*LEAST, *METRICS)) == (
        "--worker-urls",
        "http://a:30000",
        "--prometheus-port",
        "29001",
    )


def test_engines_of_each_role_are_named_with_prefills_bootstrap_port() -> None:
    addresses = {"prefill": (PREFILL, "http://p:1"), "decode": DECODE}
    assert router_arguments(addresses, METRICS) == (
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
        "--prometheus-port",
        "29001",
    )


def test_one_decode_engine_has_a_policy_that_the_router_takes() -> None:
    arguments = router_arguments({"prefill": (PREFILL,), "decode": DECODE[:1]}, ())
    assert arguments[-4:] == ("--prefill-policy", "cache_aware", "--decode-policy", "round_robin")


def test_a_policy_that_was_asked_for_holds_for_both_roles() -> None:
    arguments = router_arguments({"prefill": (PREFILL,), "decode": DECODE[:1]}, LEAST)
    assert arguments[-4:] == LEAST
    assert "--prefill-policy" not in arguments


def test_a_plan_names_its_leaders_and_what_the_intent_file_set() -> None:
    document = {**plan("two-groups"), "router_arguments": list(LEAST)}
    leaders = [f"http://{g['name']}-0.{g['name']}.tenant:30000" for g in document["groups"]]
    assert len(leaders) == 2
    assert planned_router_arguments(parse_plan(document), namespace="tenant") == (
        "--worker-urls",
        *leaders,
        *LEAST,
    )


def test_a_plan_of_roles_has_the_arguments_that_its_explanation_shows() -> None:
    document = made_plan("examples/4x8-a100-80", serving_mode="disaggregated")
    shown = tuple(document["explanation"]["router_arguments"])
    assert "--pd-disaggregation" in shown
    assert planned_router_arguments(parse_plan(document), namespace="serving") == shown


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
        *router_arguments({"unified": DECODE}, LEAST),
        *router_arguments({"prefill": (PREFILL,), "decode": DECODE[:1]}, ()),
    )
    options = {argument for argument in arguments if argument.startswith("--")}
    assert {option: known[option].split()[0] for option in options} == {
        "--decode": "values",
        "--decode-policy": "value",
        "--pd-disaggregation": "flag",
        "--policy": "value",
        "--power-of-two-load-metric": "value",
        "--prefill": "values",
        "--prefill-policy": "value",
        "--worker-urls": "values",
    }
