"""Prefill and decode get hosts and layouts of their own, or the reason why not."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", ["options-0.5.17.txt", "options-0.5.23.txt"])
def test_each_argument_is_an_option_of_the_engine_that_takes_a_value(name: str) -> None:
    known = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    options = role_arguments("decode", ["mlx5_0"])[::2]
    assert [option for option in options if f"{option} value" not in known] == []


def test_each_part_is_asked_for_in_its_role_with_the_persons_constraints() -> None:
    chooser = Chooser(hosts_times)
    disaggregate(request(node("n1"), node("n2")), choose=chooser, ports=PORTS)
    assert [
        (asked.nodes[0].name, asked.constraints.serving_mode, asked.constraints.concurrency)
        for asked in chooser.asked
    ] == [("n1", "prefill", 8), ("n2", "decode", 8)]


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
