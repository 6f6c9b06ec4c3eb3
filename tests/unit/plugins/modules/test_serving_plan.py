"""The modules that make and read plans: options, files, check mode, differences."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.sglang.plugins.doc_fragments import planning
from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import PlanError
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Report,
    Request,
    attempt,
)
from ansible_collections.baremetal.sglang.plugins.modules import serving_plan, serving_plan_info

from tests.unit.plugins.modules.test_serving_documentation import assert_equal
from tools.planned_sites import planning_options
from tools.roles import ROOT

MODULES = [serving_plan, serving_plan_info]
BY_HAND = ROOT / "tests/fixtures/plans/by-hand.yml"


def options(path: Path, **values: Any) -> dict[str, Any]:
    return {**planning_options("examples/2x8-h100"), "path": str(path), **values}


def run(module: ModuleType, parameters: dict[str, Any], *, check_mode: bool = False) -> Report:
    request = Request(parameters, check_mode=check_mode, diff_mode=True)
    return attempt(request, module.operate)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_every_option_is_documented_as_it_is(module: ModuleType) -> None:
    text = yaml.safe_load(module.DOCUMENTATION)
    assert "baremetal.sglang.planning" in text["extends_documentation_fragment"]
    documented = yaml.safe_load(planning.ModuleDocFragment.DOCUMENTATION)["options"]
    assert_equal(module.ARGUMENTS, documented, "suboptions")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_the_example_makes_a_question(module: ModuleType, tmp_path: Path) -> None:
    (task,) = yaml.safe_load(module.EXAMPLES)
    name = "baremetal.sglang." + module.__name__.split(".")[-1]
    checked = ArgumentSpecValidator(module.ARGUMENTS).validate(task[name])
    assert checked.error_messages == []
    parameters = {
        **checked.validated_parameters,
        "engine_version": "0.5.20",
        "path": str(tmp_path / "plan.yml"),
    }
    assert run(serving_plan, parameters).failed is False


def test_a_plan_is_made_once_and_the_result_is_ready_for_json(tmp_path: Path) -> None:
    path = tmp_path / "site" / "plan.yml"
    first = run(serving_plan, options(path))
    assert first.values["changed"]
    json.dumps(first.values)
    assert yaml.safe_load(path.read_text()) == first.values["plan"]
    assert first.values["text"].startswith("Plan of 2x8-h100: deepseek-r1 in fp8")
    written = path.read_bytes()
    again = run(serving_plan, options(path))
    assert (again.values["changed"], again.values["actions"]) == (False, [])
    assert path.read_bytes() == written


def test_check_mode_writes_nothing_and_returns_the_same(tmp_path: Path) -> None:
    path = tmp_path / "site" / "plan.yml"
    checked = run(serving_plan, options(path), check_mode=True)
    assert not path.parent.exists()
    assert run(serving_plan, options(path)) == checked


def test_the_difference_names_the_fields_that_changed(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    run(serving_plan, options(path))
    parameters = options(path, environment={"NCCL_DEBUG": "INFO"})
    diff = run(serving_plan, parameters, check_mode=True).values["diff"]
    assert diff["before"]["environment.NCCL_DEBUG"] == "(absent)"
    assert diff["after"]["environment.NCCL_DEBUG"] == "INFO"
    assert not any(name.startswith("layout.") for name in diff["after"])


def test_a_site_without_a_layout_fails_with_every_refused_one_and_writes_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "plan.yml"
    parameters = options(path)
    parameters["hosts"] = parameters["hosts"][:1]
    parameters["constraints"] = {**parameters["constraints"], "weight_format": "fp8"}
    report = run(serving_plan, parameters)
    assert report.failed
    assert any("GiB too little" in line for line in report.values["faults"])
    assert any("tensor 8 x pipeline 1" in line for line in report.values["refused"])
    assert not path.exists()


def test_a_made_plan_comes_back_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    made = run(serving_plan, options(path)).values
    read = run(serving_plan_info, options(path)).values
    assert (read["plan"], read["text"], read["stale"]) == (made["plan"], made["text"], [])
    assert read["changed"] is False


def test_a_plan_made_for_other_facts_says_which(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    run(serving_plan, options(path))
    parameters = copy.deepcopy(options(path))
    parameters["hosts"][1]["hardware"]["gpus"] = 7
    (fact,) = run(serving_plan_info, parameters).values["stale"]
    assert fact["where"] == f"{path}: hosts.gpu-02.gpus"
    assert fact["found"].startswith("7 x h100-sxm-80gb")
    assert fact["needed"].startswith("8 x h100-sxm-80gb")


def test_a_plan_by_hand_is_read_though_nothing_is_known_of_the_hosts() -> None:
    host = {**options(BY_HAND)["hosts"][0], "hardware": {}}
    read = run(serving_plan_info, options(BY_HAND, hosts=[host], model="none")).values
    assert read["plan"] == yaml.safe_load(BY_HAND.read_text())
    assert (read["plan"]["inventory"], read["stale"]) == ("lab", [])


def test_a_file_that_is_no_plan_fails_with_all_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    path.write_text("schema: 2\nmodle: {}\n")
    with pytest.raises(PlanError) as caught:
        serving_plan_info.operate(Request(options(path), check_mode=False, diff_mode=False))
    assert {fault.code for fault in caught.value.plan_faults} == {
        "plan_schema_unknown",
        "unknown_plan_key",
        "plan_key_missing",
    }


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("topology_file", "no such file or directory; correct site_topology_file"),
        ("intent_file", "no such file or directory; correct site_intent_file"),
    ],
)
def test_a_file_that_is_not_there_is_named_with_its_variable(
    tmp_path: Path, option: str, message: str
) -> None:
    parameters = options(tmp_path / "plan.yml", **{option: str(tmp_path / "missing.yml")})
    with pytest.raises(OperationError) as caught:
        serving_plan.operate(Request(parameters, check_mode=True, diff_mode=False))
    assert str(caught.value) == f"{tmp_path / 'missing.yml'}: {message}"


def test_an_intent_file_may_name_the_rack_map_beside_it(tmp_path: Path) -> None:
    intent = tmp_path / "sgl-config.yaml"
    intent.write_text("topology: {file: racks.yml}\n")
    (tmp_path / "racks.yml").write_text(
        "racks: [{name: x, hosts: [gpu-01]}, {name: y, hosts: [gpu-02]}]\n"
    )
    parameters = options(tmp_path / "plan.yml", intent_file=str(intent))
    assert run(serving_plan, parameters).values["plan"]["racks"] == {"gpu-01": "x", "gpu-02": "y"}


CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1536,
    "vocab_size": 49152,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}


def test_a_model_that_the_catalogue_lacks_is_read_from_its_directory(tmp_path: Path) -> None:
    directory = tmp_path / "model"
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps(CONFIG))
    with (directory / "model.safetensors").open("wb") as file:
        file.truncate(269_060_552)
    parameters = options(tmp_path / "plan.yml", model="mine", model_directory=str(directory))
    plan = run(serving_plan, parameters).values["plan"]
    assert plan["model"] == {"name": "mine", "format": "bfloat16"}
    (directory / "config.json").unlink()
    message = run(serving_plan, parameters).values["msg"]
    assert message.startswith(f"{directory / 'config.json'}: cannot be read: ")
