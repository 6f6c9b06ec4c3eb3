"""The schema of site_* and what the preflight role asks of hosts, against what uses them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.intent import room
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.variables import HOST_VALUES
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import LIST_NAME
from ansible_collections.baremetal.sglang.plugins.plugin_utils.evidence import REPOSITORIES

from tools.role_docs import update
from tools.role_specs import spec_faults
from tools.roles import load_role

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / "roles" / "site"


def load(path: str) -> dict[str, Any]:
    document = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def options() -> dict[str, Any]:
    specs = load("roles/site/meta/argument_specs.yml")["argument_specs"]
    return dict(specs["main"]["options"])


def test_the_schema_and_the_defaults_are_the_same() -> None:
    assert list(spec_faults(load_role(SITE))) == []


def test_the_table_of_the_readme_is_current() -> None:
    assert not update(SITE, check=True)


def test_preflight_reads_variables_that_the_schema_has() -> None:
    assert {field.name for field in fields(Site)} | HOST_VALUES <= set(options())


def test_the_playbooks_read_variables_that_the_schema_has() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "playbooks").rglob("*.yml")))
    words = {word for word in text.replace("{", " ").replace("(", " ").split() if "site_" in word}
    read = {word.strip("}),[]'\"|~:") for word in words if word.startswith("site_")}
    assert {name for name in read if name.isidentifier()} <= set(options())


def test_preflight_asks_for_the_paths_that_are_judged() -> None:
    asked = load("roles/preflight/vars/main.yml")
    for path in (room.IMAGES, room.LOGS):
        assert f"'{path}'" in asked["__preflight_paths"]
    assert f"'/{LIST_NAME}'" in asked["__preflight_texts"]
    for repository in REPOSITORIES:
        assert f"'{repository}'" in asked["__preflight_existing"]
