"""Names of engine groups."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.group_names import (
    base_name,
    unified_names,
)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("deepseek-r1", "deepseek-r1"),
        ("deepseek-r1-distill-llama-70b-instruct", "deepseek-r1-distill-llama-70b"),
        ("DeepSeek_V2.Lite", "deepseek-v2-lite"),
        ("671b", "m-671b"),
        ("_r1_", "r1"),
    ],
)
def test_a_model_name_becomes_a_name_that_kubernetes_takes(model: str, name: str) -> None:
    assert base_name(model) == name


def test_several_groups_are_numbered() -> None:
    assert unified_names("deepseek-r1", 1) == ("deepseek-r1",)
    assert unified_names("deepseek-r1", 2) == ("deepseek-r1-0", "deepseek-r1-1")
