"""The table of flags by release, held to the options of the wheels."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.engine_flags import (
    FIRST,
    FLAGS,
    LAST,
    Release,
    flags_of,
    release_of,
    rendered,
)

from tests.unit.plugins.module_utils.planning.engine_samples import (
    FIRST_VERSION,
    LAST_VERSION,
    OPTION_LISTS,
    options_of,
)


@pytest.mark.parametrize("version", OPTION_LISTS)
def test_each_flag_of_a_release_is_an_option_of_its_wheel(version: str) -> None:
    known = options_of(version)
    release = release_of(version)
    written = {flag.option: flag.takes_value for name in FLAGS for flag in flags_of(name, release)}
    assert {name: known.get(name) for name in written} == written


@pytest.mark.parametrize("version", OPTION_LISTS)
def test_each_setting_can_be_said_in_each_release(version: str) -> None:
    assert [name for name in FLAGS if not flags_of(name, release_of(version))] == []


def test_the_wheels_that_are_read_are_those_of_the_first_and_the_last_release() -> None:
    assert release_of(FIRST_VERSION) == FIRST == (0, 5, 17)
    assert release_of(LAST_VERSION) == LAST == (0, 5, 23)


@pytest.mark.parametrize("suffix", ["", "-cpu", ".post1", "-cu130"])
def test_an_image_tag_is_a_release_too(suffix: str) -> None:
    assert release_of(f"v{FIRST_VERSION}{suffix}") == FIRST


@pytest.mark.parametrize("version", ["", "latest", "0.4.10", "0.5.16", "0.5.24", "1.0.0", "0.5"])
def test_a_release_whose_options_nobody_read_is_refused(version: str) -> None:
    with pytest.raises(InputError) as caught:
        release_of(version)
    assert str(caught.value).startswith("the engine: ")
    assert caught.value.details["faults"] == [
        f"engine: engine version not known: found SGLang {version}, "
        f"needed SGLang {FIRST_VERSION} to {LAST_VERSION}; choose an engine of the catalogue"
    ]


@pytest.mark.parametrize(
    ("release", "arguments"),
    [
        ((0, 5, 17), ("--dp-size", "8", "--enable-dp-attention")),
        ((0, 5, 22), ("--dp-size", "8", "--enable-dp-attention")),
        ((0, 5, 23), ("--attn-dp-size", "8")),
    ],
)
def test_attention_groups_are_spelled_as_the_release_spells_them(
    release: Release, arguments: tuple[str, ...]
) -> None:
    assert rendered("attention_data_parallel", 8, release) == arguments


def test_a_flag_without_a_value_is_one_item() -> None:
    assert rendered("metrics", "", FIRST) == ("--enable-metrics",)
    assert rendered("memory_fraction", 0.805, FIRST) == ("--mem-fraction-static", "0.805")
