"""A directory's own files: the model that they hold, and every fault of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.checkpoint import (
    read_checkpoint,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (
    find_format,
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    weights_bytes,
)

from tests.unit.plugins.module_utils.planning.config_samples import (
    LLAMA_70B,
    QWEN3_235B,
    QWEN_7B,
    R1,
    SMOLLM2,
    V2_LITE,
)
from tests.unit.plugins.module_utils.planning.model_samples import candidate

R1_DRAFT = {"weight_map": {"model.layers.61.eh_proj.weight": "m-1.safetensors"}}


@pytest.mark.parametrize(
    ("name", "config", "index", "size"),
    [
        ("deepseek-r1", R1, R1_DRAFT, 688_586_727_753),
        ("deepseek-v2-lite", V2_LITE, {}, 31_412_968_448),
        ("qwen3-235b-a22b", QWEN3_235B, {}, 470_187_269_120),
        ("llama-3.3-70b-instruct", LLAMA_70B, {}, 141_107_412_992),
        ("deepseek-r1-distill-qwen-7b", QWEN_7B, {}, 15_231_233_024),
        ("smollm2-135m-instruct", SMOLLM2, {}, 325_653_120),
    ],
)
def test_a_directory_reads_as_the_catalogue_has_it(
    name: str, config: Mapping[str, Any], index: Mapping[str, Any], size: int
) -> None:
    read = read_checkpoint(name, config, index, {"m-1.safetensors": size, "config.json": 800})
    known = find_model(name)
    form = find_format(known, read.formats[0].name)
    layout = candidate(4)
    assert read.parameters == known.parameters
    assert read.attention == known.attention
    assert read.experts == known.experts
    assert (read.layers, read.context, read.draft_layers) == (
        known.layers,
        known.context,
        known.draft_layers,
    )
    assert read.formats[0].checkpoint_bytes == size
    assert weights_bytes(read, read.formats[0], layout) == weights_bytes(known, form, layout)


def test_active_parameters_leave_out_the_experts_that_a_token_does_not_take() -> None:
    read = read_checkpoint("r1", R1, R1_DRAFT, {"m-1.safetensors": 688_586_727_753})
    # The model card rounds to 37 billion.
    assert read.active_parameters == 671_026_419_200 - 58 * 248 * 3 * 7168 * 2048
    assert read.active_parameters == 37_552_297_472


def test_the_draft_head_is_there_only_if_the_index_has_its_layer() -> None:
    without = {"weight_map": {"model.layers.60.mlp.gate.weight": "m-1.safetensors"}}
    sizes = {"m-1.safetensors": 674_000_000_000}
    assert not read_checkpoint("r1", R1, without, sizes).formats[0].draft
    assert read_checkpoint("r1", R1, R1_DRAFT, sizes).formats[0].draft


def refusal(config: Mapping[str, Any], index: Mapping[str, Any], sizes: Mapping[str, int]) -> str:
    with pytest.raises(InputError) as refused:
        read_checkpoint("mine", config, index, sizes)
    return str(refused.value)


def test_missing_files_are_named() -> None:
    index = {"weight_map": {f"t{n}": f"m-{n}.safetensors" for n in range(6)}}
    assert refusal(SMOLLM2, index, {"m-0.safetensors": 1, "m-5.safetensors": 1}) == (
        "the model mine: model mine: checkpoint incomplete: found 2 of 6 files of the index,"
        " without m-1.safetensors, m-2.safetensors, m-3.safetensors ..., needed all files that"
        " model.safetensors.index.json names; fetch the missing files again"
    )


def test_three_missing_files_are_all_named() -> None:
    index = {"weight_map": {f"t{n}": f"m-{n}.safetensors" for n in range(4)}}
    assert "without m-1.safetensors, m-2.safetensors, m-3.safetensors, needed" in refusal(
        SMOLLM2, index, {"m-0.safetensors": 1}
    )


def test_a_directory_without_weights_is_refused() -> None:
    assert refusal(SMOLLM2, {}, {"pytorch_model.bin": 325_653_120}) == (
        "the model mine: model mine: checkpoint without weights: found no .safetensors file, needed"
        " weights in .safetensors files; fetch the weights, or convert them"
    )


@pytest.mark.parametrize("size", [307_000_000, 344_000_000])
def test_a_size_that_the_shapes_do_not_explain_is_refused(size: int) -> None:
    assert refusal(SMOLLM2, {}, {"model.safetensors": size}) == (
        f"the model mine: model mine: checkpoint size: found {size / 1024**2:.0f} MiB of weights,"
        " needed 311 MiB, from the shapes of config.json in bfloat16; fetch the whole checkpoint"
        " again, and the config.json that belongs to it"
    )


@pytest.mark.parametrize("size", [310_000_000, 341_000_000])
def test_a_size_within_five_percent_of_the_shapes_is_taken(size: int) -> None:
    read = read_checkpoint("mine", SMOLLM2, {}, {"model.safetensors": size})
    assert read.formats[0].checkpoint_bytes == size


def test_all_faults_come_at_once_sorted() -> None:
    config = {**R1, "hidden_size": -1, "quantization_config": {"quant_method": "gguf"}}
    text = refusal(config, {}, {})
    assert text.index("config.json of mine, hidden_size") < text.index("quant_method")
    assert text.index("quant_method") < text.index("checkpoint without weights")


def test_an_unknown_architecture_is_refused() -> None:
    config = {**SMOLLM2, "architectures": ["Qwen2ForCausalLN"]}
    assert "found Qwen2ForCausalLN, needed one of Deepseek" in refusal(
        config, {}, {"model.safetensors": 325_653_120}
    )
