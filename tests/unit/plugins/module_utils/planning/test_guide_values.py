"""Kinds of values of an intent file: what each takes, what it makes of it, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_values import (
    BYTES,
    COUNT,
    COUNT_OR_AUTO,
    FORMATS,
    LATENCY,
    PERCENTAGE,
    PORT,
    SECONDS,
    SWITCH,
    TEXT,
    Kind,
    KindError,
    words_of,
)

STRATEGY = words_of("least_connections", "round_robin")


@pytest.mark.parametrize(
    ("kind", "value", "parsed"),
    [
        (SWITCH, True, True),
        (SWITCH, False, False),
        (TEXT, " racks.yml ", "racks.yml"),
        (COUNT, 1, 1),
        (COUNT, 2147483647, 2147483647),
        (COUNT_OR_AUTO, "auto", 0),
        (COUNT_OR_AUTO, 8, 8),
        (PORT, "metrics", "metrics"),
        (PORT, 29000, "29000"),
        (PORT, 65535, "65535"),
        (PERCENTAGE, 1, 1),
        (PERCENTAGE, 100, 100),
        (PERCENTAGE, "85%", 85),
        (PERCENTAGE, "100%", 100),
        (SECONDS, "5s", 5),
        (SECONDS, "5m", 300),
        (SECONDS, "1h", 3600),
        (LATENCY, "500ms", 500),
        (LATENCY, "2s", 2000),
        (LATENCY, "1m", 60000),
        (BYTES, "1KB", 1024),
        (BYTES, "256MB", 268435456),
        (BYTES, "256 MiB", 268435456),
        (BYTES, "1GB", 1073741824),
        (FORMATS, "FP16+FP8", ("FP16", "FP8")),
        (FORMATS, "fp8 + bf16", ("BF16", "FP8")),
        (FORMATS, ["FP16", "FP8"], ("FP16", "FP8")),
        (FORMATS, "FP8", ("FP8",)),
        (FORMATS, "BF16", ("BF16",)),
        (STRATEGY, "least_connections", "least_connections"),
        (STRATEGY, "Least-Connections", "least_connections"),
        (words_of("RDMA", "TCP"), "rdma", "RDMA"),
    ],
)
def test_a_value_of_the_kind_is_parsed(kind: Kind, value: Any, parsed: Any) -> None:
    result = kind.parse(value)
    assert result == parsed
    assert type(result) is type(parsed)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SWITCH, "true"),
        (SWITCH, 1),
        (SWITCH, None),
        (TEXT, " "),
        (TEXT, 5),
        (COUNT, 0),
        (COUNT, -4),
        (COUNT, 2147483648),
        (COUNT, True),
        (COUNT, 4.0),
        (COUNT, "auto"),
        (COUNT_OR_AUTO, "many"),
        (PORT, 0),
        (PORT, 65536),
        (PORT, ""),
        (PERCENTAGE, 0),
        (PERCENTAGE, 101),
        (PERCENTAGE, "0%"),
        (PERCENTAGE, "101%"),
        (PERCENTAGE, 0.7),
        (SECONDS, "500ms"),
        (SECONDS, "0s"),
        (SECONDS, "1.5s"),
        (SECONDS, 5),
        (LATENCY, "0.5s"),
        (LATENCY, "5"),
        (BYTES, 256),
        (BYTES, "256"),
        (BYTES, "256M"),
        (BYTES, "-1MB"),
        (BYTES, "0MB"),
        (FORMATS, "INT4"),
        (FORMATS, "FP16+BF16"),
        (FORMATS, "FP8+FP8"),
        (FORMATS, ["FP16", 8]),
        (FORMATS, []),
        (STRATEGY, "least"),
        (STRATEGY, None),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: Kind, value: Any) -> None:
    with pytest.raises(KindError):
        kind.parse(value)


def test_a_choice_names_its_words() -> None:
    assert STRATEGY.noun == "one of least_connections, round_robin"
    assert STRATEGY.words == ("least_connections", "round_robin")
