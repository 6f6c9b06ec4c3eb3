"""The filters that say where the mirror keeps a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.sglang.plugins.filter.model_directories import (
    model_directories,
)
from ansible_collections.baremetal.sglang.plugins.filter.model_directory import model_directory

ROOT = Path(__file__).resolve().parents[4]
PARTS: dict[str, Any] = yaml.safe_load((ROOT / "catalogue/parts.yml").read_text())[
    "catalogue_parts"
]


@pytest.mark.parametrize(
    ("name", "weight_format", "own_files", "directory"),
    [
        ("deepseek-r1", "fp8", False, "deepseek-ai/DeepSeek-R1"),
        ("deepseek-r1", "bfloat16", False, "unsloth/DeepSeek-R1-BF16"),
        ("smollm2-135m-instruct", "bfloat16", False, "smollm2-135m-instruct"),
        ("mine-7b", "bfloat16", True, "mine-7b"),
    ],
)
def test_a_planned_model_lies_in_one_directory(
    name: str, weight_format: str, own_files: bool, directory: str
) -> None:
    assert model_directory(name, PARTS, weight_format, own_files=own_files) == directory
    assert directory in model_directories(name, PARTS)


def test_a_format_that_the_model_lacks_is_a_filter_error() -> None:
    with pytest.raises(AnsibleFilterError, match="found weight format fp9, needed one of its own"):
        model_directory("deepseek-r1", PARTS, "fp9")
    with pytest.raises(AnsibleFilterError, match="no catalogue knows the model"):
        model_directory("mine-7b", PARTS, "fp8")


@pytest.mark.parametrize(("name", "count"), [("deepseek-r1", 8), (7, 1), ("", 0), ("../etc", 0)])
def test_preflight_asks_for_every_directory_of_a_name_that_was_not_checked(
    name: object, count: int
) -> None:
    assert len(model_directories(name, PARTS)) == count
