"""Prefill and decode get hosts and layouts of their own, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.disaggregation import (
    DisaggregationError,
    disaggregate,
    role_arguments,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.layout import Considered
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import Request

from tests.unit.plugins.module_utils.planning.role_samples import (
    PORTS,
    Chooser,
    candidate,
    considered,
    node,
    rail,
    request,
)

FIXTURES = Path(__file__).parents[4] / "fixtures" / "engine"


def hosts_times(asked: Request) -> tuple[Considered, ...]:
    """One engine of 8 GPUs on each host; a prompt takes 1 s, 8 answers of 200 tokens take 6 s."""
    groups = len(asked.nodes)
    layout = candidate(groups=groups)
    return (considered(layout, prefill=1.0, decode=0.03, concurrency=8 * groups),)


def refused(asked: Request, answers: Callable[[Request], tuple[Considered, ...]]) -> list[str]:
    with pytest.raises(DisaggregationError) as caught:
        disaggregate(asked, choose=Chooser(answers), ports=PORTS)
    assert str(caught.value).startswith("disaggregation on site: ")
    return [fault.line() for fault in caught.value.disaggregation_faults]


def test_hosts_are_shared_out_so_that_the_slower_role_is_as_fast_as_it_can_be() -> None:
    # A prefill host does 1 request/s, a decode host 8 / 6: of 7 hosts 4 + 3 give 4 requests/s.
    plan = disaggregate(
        request(*(node(f"n{number}") for number in range(1, 8))),
        choose=Chooser(hosts_times),
        ports=PORTS,
    )
    assert [host.name for host in plan.prefill.nodes] == ["n1", "n2", "n3", "n4"]
    assert [host.name for host in plan.decode.nodes] == ["n5", "n6", "n7"]
    assert (plan.prefill.considered.candidate.groups, plan.prefill.name) == (4, "prefill")
    assert (plan.decode.considered.candidate.groups, plan.decode.name) == (3, "decode")
    assert plan.warnings == ()


def test_each_role_has_its_arguments() -> None:
    hosts = (
        node("n1", rails=(rail("mlx5_3"), rail("mlx5_0"))),
        node("n2", rails=(rail("mlx5_0"), rail("mlx5_1", up=False))),
    )
    plan = disaggregate(
        request(*hosts), choose=Chooser(hosts_times), ports=PORTS, bootstrap_port=9000
    )
    assert plan.bootstrap_port == 9000
    assert plan.prefill.arguments == (
        "--disaggregation-mode",
        "prefill",
        "--disaggregation-transfer-backend",
        "mooncake",
        "--disaggregation-bootstrap-port",
        "9000",
        "--disaggregation-ib-device",
        "mlx5_0,mlx5_3",
    )
    assert plan.decode.arguments == (
        "--disaggregation-mode",
        "decode",
        "--disaggregation-transfer-backend",
        "mooncake",
        "--disaggregation-bootstrap-port",
        "9000",
        "--disaggregation-ib-device",
        "mlx5_0",
    )
    assert plan.prefill.devices == ("mlx5_0", "mlx5_3")


def test_the_port_is_the_engines_own_where_nobody_says_another() -> None:
    plan = disaggregate(request(node("n1")), choose=Chooser(hosts_times), ports=PORTS)
    assert plan.bootstrap_port == 8998


@pytest.mark.parametrize("version", ["0.5.17", "0.5.23"])
def test_each_argument_is_an_option_of_the_engine_that_takes_a_value(version: str) -> None:
    known = (FIXTURES / f"options-{version}.txt").read_text(encoding="utf-8").splitlines()
    options = role_arguments("decode", ["mlx5_0"])[::2]
    assert [option for option in options if f"{option} value" not in known] == []


def test_each_part_is_asked_for_as_a_unified_engine_with_the_persons_constraints() -> None:
    chooser = Chooser(hosts_times)
    disaggregate(request(node("n1"), node("n2")), choose=chooser, ports=PORTS)
    assert [
        (asked.nodes[0].name, asked.constraints.serving_mode, asked.constraints.concurrency)
        for asked in chooser.asked
    ] == [("n1", "unified", 8), ("n2", "unified", 8)]


def test_one_host_is_shared_out_by_gpus_and_hosts_without_gpus_are_left_out() -> None:
    def answers(asked: Request) -> tuple[Considered, ...]:
        gpus = len(asked.nodes[0].gpus)
        return (considered(candidate(tensor=gpus), prefill=8.0 / gpus, decode=0.04 / gpus),)

    plan = disaggregate(
        request(node("n0", gpus=0, rails=()), node("n1", gpus=4)),
        choose=Chooser(answers),
        ports=PORTS,
    )
    # 1, 2 or 3 GPUs read 0.125, 0.25 or 0.375 prompts/s; the rest answer 3, 2 or 1 requests/s.
    assert [gpu.index for gpu in plan.prefill.nodes[0].gpus] == [0, 1, 2]
    assert [gpu.index for gpu in plan.decode.nodes[0].gpus] == [3]


def test_layouts_that_do_not_fit_together_are_passed_over_for_those_that_do() -> None:
    def answers(_asked: Request) -> tuple[Considered, ...]:
        return (
            considered(candidate(tensor=8, speculative=True), prefill=0.2, decode=0.2),
            considered(candidate(tensor=8, weights="bfloat16"), prefill=0.9, decode=0.01),
            considered(candidate(tensor=8), prefill=0.5, decode=0.02),
            considered(candidate(tensor=8, groups=3), prefill=1.0, decode=0.03),
        )

    plan = disaggregate(
        request(node("n1"), node("n2"), objective="latency"), choose=Chooser(answers), ports=PORTS
    )
    # Seconds of prompt and 200 tokens: bfloat16 2.9, FP8 4.5, speculative 40.2.
    for role in (plan.prefill, plan.decode):
        assert role.considered.candidate.weight_format == "bfloat16"


def test_a_later_layout_that_is_better_for_the_role_is_taken() -> None:
    def answers(_asked: Request) -> tuple[Considered, ...]:
        return (
            considered(candidate(groups=1), prefill=1.0, decode=0.02),
            considered(candidate(groups=2), prefill=0.5, decode=0.04),
            considered(candidate(groups=3), prefill=0.7, decode=0.03),
        )

    plan = disaggregate(
        request(node("n1"), node("n2"), objective="latency"), choose=Chooser(answers), ports=PORTS
    )
    assert plan.prefill.considered.candidate.groups == 2
    assert plan.decode.considered.candidate.groups == 1


def test_hosts_that_do_not_carry_it_are_refused_before_any_layout_is_looked_for() -> None:
    chooser = Chooser(hosts_times)
    with pytest.raises(DisaggregationError) as caught:
        disaggregate(
            request(node("n1", rails=()), node("n2", gpus=1)),
            choose=chooser,
            ports=PORTS,
            transport="tcp",
            bootstrap_port=30000,
        )
    assert [fault.code for fault in caught.value.disaggregation_faults] == [
        "disaggregation_over_tcp",
        "disaggregation_without_rdma",
        "bootstrap_port_invalid",
    ]
    assert chooser.asked == []


def test_a_role_without_a_layout_gives_the_reason_on_the_most_gpus() -> None:
    def answers(asked: Request) -> tuple[Considered, ...]:
        return hosts_times(asked) if asked.nodes[0].name == "n1" else ()

    assert refused(request(node("n1"), node("n2"), node("n3")), answers) == [
        "decode on 16 of 24 GPUs: disaggregation no layout: found 16 GPUs are too few, needed a"
        " layout for each role, on GPUs of its own; add hosts, or set serving_mode to unified"
    ]


def test_both_roles_without_a_layout_are_told_together() -> None:
    assert refused(request(node("n1"), node("n2"), node("n3")), lambda _asked: ()) == [
        "decode on 16 of 24 GPUs: disaggregation no layout: found 16 GPUs are too few, needed a"
        " layout for each role, on GPUs of its own; add hosts, or set serving_mode to unified",
        "prefill on 16 of 24 GPUs: disaggregation no layout: found 16 GPUs are too few, needed a"
        " layout for each role, on GPUs of its own; add hosts, or set serving_mode to unified",
    ]


NO_PAIR = (
    "{gpus} GPUs in {splits} splits: disaggregation no pair: found no split in which both roles"
    " have layouts that fit together, needed one weight format, decode's pipeline size that of"
    " prefill or 1, and attention tensor sizes of which one divides the other; leave the sizes to"
    " the planner, add hosts, or set serving_mode to unified"
)


def test_roles_that_never_both_have_a_layout_are_no_pair() -> None:
    # Each needs two of three hosts.
    def answers(asked: Request) -> tuple[Considered, ...]:
        return hosts_times(asked) if len(asked.nodes) == 2 else ()

    hosts = (node("n1"), node("n2"), node("n3"))
    assert refused(request(*hosts), answers) == [NO_PAIR.format(gpus=24, splits=2)]


def test_layouts_of_which_no_two_fit_are_no_pair() -> None:
    def answers(asked: Request) -> tuple[Considered, ...]:
        return (considered(candidate(tensor=6 if asked.nodes[0].name == "n1" else 4)),)

    assert refused(request(node("n1"), node("n2")), answers) == [NO_PAIR.format(gpus=16, splits=1)]


def test_hosts_that_name_their_devices_differently_are_refused() -> None:
    hosts = (node("n1"), node("n2", rails=(rail("a"),)), node("n3", rails=(rail("b"),)))
    assert refused(request(*hosts), hosts_times) == [
        "the group serving: disaggregation devices differ: found no split of the hosts whose parts"
        " each share the name of an RDMA device, needed the same device name on all hosts of a"
        " role: its engine takes one list; name the RDMA devices alike on all hosts, or set"
        " serving_mode to unified"
    ]


def test_roles_may_name_their_devices_differently() -> None:
    plan = disaggregate(
        request(node("n1"), node("n2", rails=(rail("roce0"),))),
        choose=Chooser(hosts_times),
        ports=PORTS,
    )
    assert (plan.prefill.devices, plan.decode.devices) == (("mlx5_0",), ("roce0",))


def test_warnings_of_the_hosts_are_handed_on() -> None:
    plan = disaggregate(
        request(node("n1", declared=False), node("n2")), choose=Chooser(hosts_times), ports=PORTS
    )
    assert [warning.split(":")[0] for warning in plan.warnings] == ["n1"]
