"""Metrics that alerts are made from, in SGLang's own registry of the catalogue's version."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import pytest

from tests.integration.engine_image import unpack
from tests.metric_pages import page, series_of
from tests.unit.plugins.module_utils.manifests.alerts.samples import rules

SCRIPT = Path(__file__).with_name("engine_metrics.py")
USED = sorted({name for rule in rules() for name in re.findall(r"sglang:\w+", rule.expression)})


@pytest.fixture(scope="module")
def registered() -> dict[str, list[str]]:
    """Names of metrics with their labels, as the engine registers them."""
    with tempfile.TemporaryDirectory(prefix="engine-metrics-") as root:
        image = unpack(Path(root), ())
        image.run_python(SCRIPT, "answers.json")
        found: dict[str, list[str]] = json.loads((image.root / "tmp/answers.json").read_text())
        return found


@pytest.mark.parametrize("name", USED)
def test_the_engine_registers_what_an_alert_is_made_from(
    registered: dict[str, list[str]], name: str
) -> None:
    labels = series_of(page("engine-leader"))[name]
    assert labels - {"le"} <= set(registered[name])


def test_attention_groups_have_a_label_of_their_own(registered: dict[str, list[str]]) -> None:
    assert "dp_rank" in registered["sglang:num_queue_reqs"]
    assert "dp_rank" in registered["sglang:num_running_reqs"]


def test_a_metric_of_stale_documentation_is_not_registered(
    registered: dict[str, list[str]],
) -> None:
    assert "sglang:time_per_output_token_seconds_bucket" not in registered
