"""What every test of the fabric may ask for."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric import plan
from ansible_collections.baremetal.sglang.plugins.module_utils.fabric.kinds import (
    KINDS,
    PROGRAMS,
    TCP_BANDWIDTH,
)


@pytest.fixture
def measures_rdma(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a program measured every kind: what is planned and judged then."""
    monkeypatch.setattr(plan, "PROGRAMS", dict.fromkeys(KINDS, PROGRAMS[TCP_BANDWIDTH]))
