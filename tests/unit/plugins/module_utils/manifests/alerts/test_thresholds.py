"""A site's own thresholds: which are taken, and what is said of those that are not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.thresholds import (
    THRESHOLDS,
    parse_thresholds,
)


def test_the_guides_numbers_are_the_defaults() -> None:
    found = parse_thresholds({})
    assert found["kv_cache_share"] == 0.85
    assert found["kv_cache_seconds"] == 300
    assert found["first_token_seconds"] == 0.5
    assert found["restarts_a_day"] == 3
    assert all(each.unit and each.source for each in THRESHOLDS.values())


def test_a_sites_own_number_replaces_the_default() -> None:
    found = parse_thresholds({"restarts_a_day": 1, "kv_cache_share": 1})
    assert found == {**parse_thresholds({}), "restarts_a_day": 1, "kv_cache_share": 1}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"restart": 1}, "restart: is no threshold, needed one of kv_cache_share, "),
        ({"restarts_a_day": 0}, "restarts_a_day: found 0, needed a number over 0 (restarts"),
        ({"queue_seconds": "600"}, "queue_seconds: found '600', needed a number over 0 (seconds)"),
        ({"queue_seconds": True}, "queue_seconds: found True, needed a number over 0"),
        ({"kv_cache_share": 1.1}, "found 1.1, needed a number over 0 and at most 1 (share"),
    ],
)
def test_a_wrong_threshold_is_refused(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as error:
        parse_thresholds(given)
    assert fault in str(error.value)


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(InputError) as error:
        parse_thresholds({"a": 1, "queue_seconds": -1})
    assert len(error.value.details["faults"]) == 2
