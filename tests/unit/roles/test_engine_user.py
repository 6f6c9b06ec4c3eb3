"""The pods' user in the manifests, and in the roles that make and remove what is its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import USER_ID

ROLES = Path(__file__).resolve().parents[3] / "roles"


def variables(role: str) -> dict[str, Any]:
    document = yaml.safe_load((ROLES / role / "vars/main.yml").read_text(encoding="utf-8"))
    return dict(document)


def test_the_roles_know_the_user_of_the_pods() -> None:
    assert variables("sglang")["__sglang_engine_user"] == str(USER_ID)
    assert variables("reset")["__reset_engine_user"] == USER_ID
