from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.receiving import (
    LEAST_BYTES,
    Passed,
    Pulled,
    Receiving,
    asked_for,
    bytes_by_feeder,
    parse_passed,
    pulled_from,
    through_relay,
)


def line(**values: Any) -> str:
    plain = {
        "file": "model-00001.safetensors",
        "from": "10.79.0.12:8090",
        "bytes": "4000000",
        "seconds": "2.000",
        "at": "1764472000.500",
        "status": "200",
    }
    return json.dumps({**plain, **values})


def passed(size: int, seconds: float, ended_at: float = 0.0, feeder: str = "f") -> Passed:
    return Passed("x", feeder, size, seconds, ended_at)


def test_a_line_is_a_file_that_passed() -> None:
    assert parse_passed(line() + "\n") == (
        Passed("model-00001.safetensors", "10.79.0.12:8090", 4_000_000, 2.0, 1764472000.5),
    )


def test_of_several_places_the_last_one_served_the_file() -> None:
    several = line(
        **{"from": "10.79.0.12:8090 : 10.79.0.11:8090, 10.79.0.10:80"},
        bytes="0 : 0, 123",
        seconds="1.001 : 0.000, 0.250",
    )
    assert parse_passed(several)[0] == Passed(
        "model-00001.safetensors", "10.79.0.10:80", 123, 0.25, 1764472000.5
    )


@pytest.mark.parametrize("status", ["404", "502", "206"])
def test_what_did_not_pass_whole_is_left_out(status: str) -> None:
    assert parse_passed(line(status=status, bytes="-", seconds="-")) == ()


def test_no_line_is_no_file() -> None:
    assert parse_passed("") == ()


@pytest.mark.parametrize("text", ["127.0.0.1 - - GET /", '{"status": "200"}', "[]", "1"])
def test_a_line_of_another_kind_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"Extra data|not what a relay writes"):
        parse_passed(text)


def test_the_rate_of_a_file_is_the_median_of_files_that_are_large_enough() -> None:
    files = [
        passed(LEAST_BYTES, 1.0),
        passed(LEAST_BYTES, 2.0),
        passed(LEAST_BYTES, 4.0),
        passed(LEAST_BYTES - 1, 0.001),
        passed(LEAST_BYTES, 0.0),
    ]
    pulled = pulled_from("f", [(each.bytes, each.seconds) for each in files])
    assert through_relay(files).file_rate == LEAST_BYTES / 2
    assert pulled == Pulled("f", 5, 5 * LEAST_BYTES - 1, LEAST_BYTES / 2)
    assert pulled_from("f", [(5, 1.0)]).file_rate == 0.0
    assert through_relay(files[3:]).file_rate is None


def test_the_rate_of_a_link_is_that_of_all_files_from_the_first_to_the_last() -> None:
    files = [passed(600, 2.0, 102.0), passed(600, 4.0, 104.0), passed(800, 1.0, 105.0)]
    assert through_relay(files).link_rate == 2000 / 5
    assert through_relay([]).link_rate is None
    assert through_relay([passed(5, 0.0, 100.0)]).link_rate is None


def test_a_node_that_asks_itself_is_judged_by_its_main_feeder() -> None:
    few, many = Pulled("a", 1, 400, 900.0), Pulled("b", 2, 600, 300.0)
    assert asked_for([few, many], 5.0) == Receiving(300.0, 200)
    assert asked_for([Pulled("a", 1, 400, 0.0)], 0.0) == Receiving(None, None)
    assert asked_for([], 5.0) == Receiving(None, None)


def test_bytes_are_counted_by_feeder() -> None:
    files = [passed(1, 1, feeder="a"), passed(2, 1, feeder="b"), passed(4, 1, feeder="a")]
    assert bytes_by_feeder(files) == {"a": 5, "b": 2}
