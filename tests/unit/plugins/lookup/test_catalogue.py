"""The lookup gives what the files of the catalogue say."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleLookupError
from ansible_collections.baremetal.sglang.plugins.lookup.catalogue import LookupModule

CATALOGUE = Path(__file__).resolve().parents[4] / "catalogue"


def of_file(name: str) -> object:
    return yaml.safe_load((CATALOGUE / f"{name}.yml").read_text())[f"catalogue_{name}"]


def test_each_term_gives_its_file() -> None:
    assert LookupModule().run(["sets", "parts"]) == [of_file("sets"), of_file("parts")]


def test_another_name_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(AnsibleLookupError, match="found part; needed one of parts, sets"):
        LookupModule().run(["parts", "part"])
