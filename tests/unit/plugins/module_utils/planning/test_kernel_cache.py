"""Directories of compiled kernels: whose they are and where a container sees them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.environment import (
    Environment,
    engine_environment,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.kernel_cache import (
    CACHES,
    cache_directory,
    cache_settings,
    in_cache,
    mount_setting,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    LATENCY,
    Constraints,
    Request,
)

from tests.unit.plugins.module_utils.planning.placement_samples import R1_SIZES, layout, node


def test_each_version_of_an_engine_has_a_directory_of_its_own() -> None:
    assert cache_directory("/srv/cache", "sglang-cuda", "1.2") == "/srv/cache/sglang-cuda-1.2"
    assert cache_directory("", "sglang-cuda", "1.2") == ""


def test_each_cache_has_a_directory_of_its_own_where_the_host_s_is_mounted() -> None:
    found = {setting.name: setting.value for setting in cache_settings("/srv/cache/v1")}
    assert list(found) == list(CACHES)
    assert found["TVM_FFI_CACHE_DIR"] == "/var/cache/sglang/tvm_ffi"
    assert len(set(found.values())) == len(CACHES)
    assert in_cache(found.values())


def test_without_a_directory_each_says_that_kernels_are_compiled_again() -> None:
    settings = list(cache_settings(""))
    assert {setting.value for setting in settings} == {""}
    assert "compiled again in each pod" in settings[0].fact


def test_what_is_mounted_is_told_with_the_variable_of_the_site() -> None:
    told = mount_setting("/srv/cache/v1")
    assert (told.name, told.value) == ("/var/cache/sglang", "/srv/cache/v1")
    assert told.override == "site_cache_path"


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        ("/var/cache/sglang", True),
        ("/var/cache/sglang/triton", True),
        ("/var/cache/sglang2", False),
        ("/tmp/var/cache/sglang", False),
        ("", False),
    ],
)
def test_a_value_lies_in_the_cache_by_whole_names(value: str, inside: bool) -> None:
    assert in_cache(["/tmp", value]) is inside


def environment(host: Node, *overrides: tuple[str, str]) -> Environment:
    request = Request("site", R1_SIZES, (), LATENCY, Constraints(), "sglang", "0", overrides)
    sizes = layout(4, 1, per_host=4)
    return engine_environment(request, [host], sizes, cache_path="/srv/cache/v1")


def test_the_environment_names_the_caches_and_tells_what_is_mounted() -> None:
    found = environment(node("a"))
    values = {setting.name: setting.value for setting in found.settings}
    assert values["SGLANG_DG_CACHE_DIR"] == "/var/cache/sglang/deep_gemm"
    assert values["TRITON_CACHE_DIR"] == "/var/cache/sglang/triton"
    assert found.elsewhere[-1] == mount_setting("/srv/cache/v1")


@pytest.mark.parametrize(
    ("host", "overrides"),
    [(node("a", gpus=0), ()), (node("a"), [(name, "/tmp/cache") for name in CACHES])],
)
def test_nothing_is_mounted_without_gpus_or_where_a_person_names_other_places(
    host: Node, overrides: Sequence[tuple[str, str]]
) -> None:
    found = environment(host, *overrides)
    assert "/var/cache/sglang" not in [setting.name for setting in found.elsewhere]
    assert not in_cache(setting.value for setting in found.settings)
