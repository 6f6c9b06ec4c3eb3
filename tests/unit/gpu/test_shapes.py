"""The shapes are those of the planner's models, and their tokenizer knows every byte."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.checkpoint_format import (
    read_format,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.checkpoint_shape import (
    read_shape,
)

from tests.gpu.shapes import SHAPES, Shape, config, write_shape
from tests.gpu.tokenizer import byte_symbols, tokenizer_files


@pytest.mark.parametrize("shape", SHAPES.values(), ids=lambda shape: shape.name)
def test_the_planner_reads_its_own_model_from_the_config(shape: Shape) -> None:
    found, faults = read_shape(shape.name, config(shape))
    assert faults == ()
    assert found == replace(
        shape.model,
        parameters=0,
        active_parameters=0,
        licence="",
        formats=(),
        source=f"config.json of {shape.name}",
    )


@pytest.mark.parametrize(
    ("name", "expected"), [("v2-lite", "bfloat16"), ("r1-slice-7", "fp8"), ("r1-slice-9", "fp8")]
)
def test_the_config_says_the_weight_format(name: str, expected: str) -> None:
    found, faults = read_format(name, config(SHAPES[name]))
    assert faults == ()
    assert found is not None
    assert found.name == expected


def test_a_model_without_latent_attention_has_no_config() -> None:
    with pytest.raises(ValueError, match=r"plain: no config\.json for LlamaForCausalLM"):
        config(Shape("plain", "deepseek-r1-distill-llama-8b", 32, "bfloat16"))


def test_a_directory_has_what_the_engine_reads(tmp_path: Path) -> None:
    write_shape(SHAPES["v2-lite"], tmp_path / "v2-lite")
    names = sorted(path.name for path in (tmp_path / "v2-lite").iterdir())
    assert names == [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    text = (tmp_path / "v2-lite/config.json").read_text()
    assert json.loads(text) == config(SHAPES["v2-lite"])


def test_bytes_have_the_symbols_of_gpt_2() -> None:
    symbols = byte_symbols()
    assert len(set(symbols)) == 256
    assert (symbols[ord("a")], symbols[ord(" ")], symbols[ord("\n")]) == ("a", "Ġ", "Ċ")


def test_each_byte_and_each_special_token_has_an_id_of_its_own() -> None:
    tokenizer = json.loads(tokenizer_files(4096)["tokenizer.json"])
    vocabulary = tokenizer["model"]["vocab"]
    assert sorted(vocabulary.values()) == list(range(259))
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    assert special == {"<|pad|>": 0, "<|bos|>": 1, "<|eos|>": 2}
