"""Of all splits and layouts the best pair that fits together, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import (
    NoLayoutError,
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.disaggregation import (
    DisaggregationError,
    disaggregate,
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


def test_layouts_that_do_not_fit_together_are_passed_over_for_those_that_do() -> None:
    def answers(_asked: Request) -> tuple[Considered, ...]:
        return (
            considered(candidate(tensor=8, pipeline=2), prefill=0.2, decode=0.01),
            considered(candidate(tensor=6), prefill=0.3, decode=0.04),
            considered(candidate(tensor=4), prefill=0.9, decode=0.001),
        )

    plan = disaggregate(
        request(node("n1"), node("n2"), objective="latency"), choose=Chooser(answers), ports=PORTS
    )
    # Seconds of a prompt and 200 tokens. 0.2 + 0.2 does not fit: decode has another pipeline size.
    assert plan.prefill.considered.candidate == candidate(tensor=8, pipeline=2)
    assert plan.decode.considered.candidate == candidate(tensor=4)


def in_formats(*known: str) -> Callable[[Request], tuple[Considered, ...]]:
    """The first format that has room, as choose() does: FP8 needs two hosts."""

    def answers(asked: Request) -> tuple[Considered, ...]:
        room = known if len(asked.nodes) > 1 else [name for name in known if name != "fp8"]
        wanted = asked.constraints.weight_format
        formats = [name for name in room if wanted in ("", name)]
        return tuple(considered(candidate(weights=name)) for name in formats[:1])

    return answers


def test_the_role_with_more_room_takes_the_format_of_the_other() -> None:
    chooser = Chooser(in_formats("fp8", "w4afp8"))
    plan = disaggregate(request(node("n1"), node("n2"), node("n3")), choose=chooser, ports=PORTS)
    for role in (plan.prefill, plan.decode):
        assert role.considered.candidate.weight_format == "w4afp8"
    assert {asked.constraints.weight_format for asked in chooser.asked} == {"", "fp8", "w4afp8"}


def test_a_split_with_the_better_format_comes_before_a_faster_one() -> None:
    def answers(asked: Request) -> tuple[Considered, ...]:
        even = len(asked.nodes) == 2
        layout = candidate(weights="fp8" if even else "awq")
        return (considered(layout, prefill=9.0 if even else 0.1),)

    hosts = [node(f"n{number}") for number in range(4)]
    plan = disaggregate(request(*hosts), choose=Chooser(answers), ports=PORTS)
    assert plan.prefill.considered.candidate.weight_format == "fp8"
    assert (len(plan.prefill.nodes), len(plan.decode.nodes)) == (2, 2)


def test_layouts_of_one_format_are_asked_for_once() -> None:
    chooser = Chooser(hosts_times)
    disaggregate(request(node("n1"), node("n2")), choose=chooser, ports=PORTS)
    assert len(chooser.asked) == 2


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


def test_a_role_without_a_layout_gives_the_reason_on_the_most_gpus() -> None:
    def answers(asked: Request) -> tuple[Considered, ...]:
        return hosts_times(asked) if asked.nodes[0].name == "n1" else ()

    assert refused(request(node("n1"), node("n2"), node("n3")), answers) == [
        "decode on 16 of 24 GPUs: disaggregation no layout: found 16 GPUs are too few, needed a"
        " layout for each role, on GPUs of its own; for this role: add hosts, or set"
        " serving_mode to unified"
    ]


def test_both_roles_without_a_layout_are_told_together() -> None:
    assert refused(request(node("n1"), node("n2"), node("n3")), lambda _asked: ()) == [
        "decode on 16 of 24 GPUs: disaggregation no layout: found 16 GPUs are too few, needed a"
        " layout for each role, on GPUs of its own; for this role: add hosts, or set"
        " serving_mode to unified",
        "prefill on 16 of 24 GPUs: disaggregation no layout: found 16 GPUs are too few, needed a"
        " layout for each role, on GPUs of its own; for this role: add hosts, or set"
        " serving_mode to unified",
    ]


NO_PAIR = (
    "{gpus} GPUs in {splits} splits: disaggregation no pair: found no split in which both roles"
    " have layouts that fit together, needed one weight format, decode's pipeline size that of"
    " prefill or 1, and attention tensor sizes of which one divides the other; leave the sizes to"
    " the planner, add hosts, or set serving_mode to unified"
)


def test_where_no_split_has_room_for_both_the_most_even_one_tells_why() -> None:
    # Each role needs three of four hosts.
    def answers(asked: Request) -> tuple[Considered, ...]:
        return hosts_times(asked) if len(asked.nodes) == 3 else ()

    hosts = [node(f"n{number}") for number in range(4)]
    assert [line.split(": ")[0] for line in refused(request(*hosts), answers)] == [
        "decode on 16 of 32 GPUs",
        "prefill on 16 of 32 GPUs",
    ]


def test_the_reason_of_a_role_is_the_one_that_the_nearest_change_mends() -> None:
    def answers(_asked: Request) -> tuple[Considered, ...]:
        short = Fault("memory_short", "fp8", "80 GiB", "90 GiB", "add 1 host")
        far = Fault("memory_short", "bfloat16", "80 GiB", "160 GiB", "add 5 hosts")
        raise NoLayoutError("no layout", [far, short], ["add 1 host", "add 5 hosts"])

    assert refused(request(node("n1"), node("n2")), answers)[0] == (
        "decode on 8 of 16 GPUs: disaggregation no layout: found fp8: memory short: 80 GiB, needed"
        " a layout for each role, on GPUs of its own; for this role: add 1 host, or set"
        " serving_mode to unified"
    )


def test_a_change_that_mends_no_single_fault_stands_beside_the_first() -> None:
    def answers(_asked: Request) -> tuple[Considered, ...]:
        fault = Fault("width_does_not_divide", "fp8", "2048 over 3", "equal parts", "share it")
        raise NoLayoutError("no layout", [fault], ["leave out tensor_parallel 3"])

    assert refused(request(node("n1"), node("n2")), answers)[0] == (
        "decode on 8 of 16 GPUs: disaggregation no layout: found fp8: width does not divide: 2048"
        " over 3, needed a layout for each role, on GPUs of its own; for this role: leave out"
        " tensor_parallel 3, or set serving_mode to unified"
    )


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


def h100s(*names: str) -> Request:
    return request(*(node(name, model="NVIDIA H100 80GB HBM3") for name in names))


def test_deepseek_r1_on_four_hosts_of_eight_h100_is_one_engine_of_two_hosts_for_each_role() -> None:
    plan = disaggregate(h100s("n1", "n2", "n3", "n4"), choose=choose, ports=PORTS)
    for role, hosts in ((plan.prefill, ["n1", "n2"]), (plan.decode, ["n3", "n4"])):
        layout = role.considered.candidate
        assert [host.name for host in role.nodes] == hosts
        assert (layout.weight_format, layout.gpus, layout.groups) == ("fp8", 16, 1)


def test_prefill_keeps_no_memory_for_graphs_of_decode() -> None:
    plan = disaggregate(h100s("n1", "n2", "n3", "n4"), choose=choose, ports=PORTS)
    assert plan.prefill.considered.memory.graphs == 0
    assert plan.decode.considered.memory.graphs > 0


def test_deepseek_r1_on_one_host_of_eight_h100_has_no_room_for_two_engines() -> None:
    with pytest.raises(DisaggregationError) as caught:
        disaggregate(h100s("n1"), choose=choose, ports=PORTS)
    assert [fault.where for fault in caught.value.disaggregation_faults] == [
        "decode on 4 of 8 GPUs",
        "prefill on 4 of 8 GPUs",
    ]
