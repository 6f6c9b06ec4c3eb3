"""The arguments that a plan may not have are those that a group writes itself."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    OWN_ARGUMENTS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_rules import (
    RESERVED_ARGUMENTS,
)


def test_plan_and_group_reserve_the_same_engine_arguments() -> None:
    assert set(OWN_ARGUMENTS) == set(RESERVED_ARGUMENTS)
