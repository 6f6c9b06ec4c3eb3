"""The catalogue of models against what their model cards and indexes say."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    MODELS,
    find_format,
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    checkpoint_bytes,
    parameter_count,
)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("deepseek-v3", 671_026_419_200),
        ("deepseek-r1", 671_026_419_200),
        ("deepseek-r1-0528", 671_026_419_200),
        ("qwen3-235b-a22b", 235_093_634_560),
        ("deepseek-v2-lite", 15_706_484_224),
        ("deepseek-r1-distill-qwen-1.5b", 1_777_088_000),
        ("deepseek-r1-distill-qwen-7b", 7_615_616_512),
        ("deepseek-r1-distill-qwen-14b", 14_770_033_664),
        ("deepseek-r1-distill-qwen-32b", 32_763_876_352),
        ("deepseek-r1-distill-llama-8b", 8_030_261_248),
        ("deepseek-r1-distill-llama-70b", 70_553_706_496),
        ("llama-3.3-70b-instruct", 70_553_706_496),
        ("smollm2-135m-instruct", 162_826_560),
    ],
)
def test_the_shape_has_the_published_number_of_parameters(name: str, parameters: int) -> None:
    model = find_model(name)
    assert (model.parameters, parameter_count(model)) == (parameters, parameters)


@pytest.mark.parametrize(
    ("name", "weight_format", "size"),
    [
        ("deepseek-r1", "fp8", 688_586_727_753),
        ("deepseek-v3", "fp8", 688_586_727_753),
        ("deepseek-r1-0528", "fp8", 688_586_727_753),
        ("qwen3-235b-a22b", "bfloat16", 470_187_269_120),
        ("deepseek-v2-lite", "bfloat16", 31_412_968_448),
        ("deepseek-r1-distill-qwen-7b", "bfloat16", 15_231_233_024),
        ("deepseek-r1-distill-qwen-14b", "bfloat16", 29_540_067_328),
        ("deepseek-r1-distill-qwen-32b", "bfloat16", 65_527_752_704),
        ("deepseek-r1-distill-llama-8b", "bfloat16", 16_060_522_496),
        ("llama-3.3-70b-instruct", "bfloat16", 141_107_412_992),
        ("smollm2-135m-instruct", "bfloat16", 325_653_120),
    ],
)
def test_the_tensors_add_up_to_the_size_that_the_index_says(
    name: str, weight_format: str, size: int
) -> None:
    model = find_model(name)
    form = find_format(model, weight_format)
    assert form.checkpoint_bytes == size
    assert checkpoint_bytes(model, form) == pytest.approx(size, rel=0.005)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_each_format_has_the_size_that_its_tensors_add_up_to(name: str) -> None:
    for form in MODELS[name].formats:
        assert checkpoint_bytes(MODELS[name], form) == pytest.approx(
            form.checkpoint_bytes, rel=0.005
        ), form.name


def test_deepseek_r1_is_published_in_all_these_formats() -> None:
    names = [form.name for form in find_model("deepseek-r1").formats]
    assert names == [
        "fp8",
        "bfloat16",
        "int8-block",
        "int8-channel",
        "awq",
        "w4afp8",
        "nvfp4",
    ]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_each_model_and_format_names_its_source_and_licence(name: str) -> None:
    model = MODELS[name]
    sources = [model.source, *(form.source for form in model.formats)]
    assert model.name == name
    assert model.licence
    assert all(source.startswith("https://huggingface.co/") for source in sources)


@pytest.mark.parametrize("name", ["deepseek-r1", "DeepSeek-R1", "DEEPSEEK-R1"])
def test_a_model_is_found_whatever_its_case(name: str) -> None:
    assert find_model(name).name == "deepseek-r1"


def test_an_unknown_model_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError) as refused:
        find_model("deepseek-r2")
    assert str(refused.value) == (
        "the model: model: unknown model: found deepseek-r2, needed a model of the catalogue or a"
        " directory with config.json; write deepseek-r1, or remove deepseek-r2"
    )


def test_a_format_is_found_by_its_name() -> None:
    form = find_format(find_model("deepseek-r1"), "int8-channel")
    assert form.arguments == ("--quantization", "w8a8_int8")


def test_an_unknown_format_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError) as refused:
        find_format(find_model("deepseek-r1"), "int8-chanel")
    assert str(refused.value) == (
        "the weight format: model deepseek-r1: unknown weight format: found int8-chanel, needed a"
        " published weight format of the model; write int8-channel, or remove int8-chanel"
    )
