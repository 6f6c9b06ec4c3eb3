"""What gpu_facts and rdma_facts return is what they document, on this machine too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.gpus import gpu_finding
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.rdma import (
    rdma_finding,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import Request
from ansible_collections.baremetal.sglang.plugins.modules import gpu_facts, rdma_facts

from tests.unit.plugins.module_utils.deviceprobe.shapes import sources

ASKED = Request({}, check_mode=True, diff_mode=False)


def documented(module: Any, key: str) -> dict[str, Any]:
    contains: dict[str, Any] = yaml.safe_load(module.RETURN)[key]["contains"]
    return contains


def test_each_fact_of_a_gpu_is_documented(tmp_path: Path) -> None:
    facts = gpu_finding(sources(tmp_path, "hgx-h20", "nvml")).result["gpu"]
    contains = documented(gpu_facts, "gpu")
    assert set(contains) == set(facts)
    assert set(contains["gpus"]["contains"]) == set(facts["gpus"][0])
    for nested in ("nvlink", "mig", "ecc"):
        said = " ".join(contains["gpus"]["contains"][nested]["description"])
        assert [key for key in facts["gpus"][0][nested] if f"C({key})" not in said] == []


def test_each_fact_of_an_rdma_device_is_documented(tmp_path: Path) -> None:
    sources(tmp_path, "hgx-h20", "nvml")
    facts = rdma_finding(tmp_path).result["rdma"]["devices"][0]
    contains = documented(rdma_facts, "rdma")["devices"]["contains"]
    assert set(contains) == set(facts)
    assert set(contains["ports"]["contains"]) == set(facts["ports"][0])


@pytest.mark.parametrize(("module", "key"), [(gpu_facts, "gpu"), (rdma_facts, "rdma")])
def test_this_machine_is_read_without_options(module: Any, key: str) -> None:
    assert set(module.operate(ASKED).result[key]) == set(documented(module, key))
    assert yaml.safe_load(module.DOCUMENTATION)["options"] == {}
