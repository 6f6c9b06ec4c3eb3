"""The module as Ansible calls it: parameters in, one JSON answer out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.baremetal.sglang.plugins.modules import model_weights, model_weights_info

from tests.unit.plugins.module_utils.weights.bench import Model, make_model, tree
from tests.unit.plugins.module_utils.weights.hubs import hub

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return make_model(tmp_path / "source", elements=100)


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Answer:
    def call(module: Any, **arguments: Any) -> dict[str, Any]:
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return call


def parameters(model: Model, tmp_path: Path, **values: Any) -> dict[str, Any]:
    return {"name": "m", "destination": str(tmp_path / "models"), "source": model.url, **values}


def returned(module: Any, key: str) -> set[str]:
    found: set[str] = set(yaml.safe_load(module.RETURN)[key]["contains"])
    return found


def test_create_again_remove_again_each_in_check_mode_first(
    answer: Answer, model: Model, tmp_path: Path
) -> None:
    changed = []
    for state in ("present", "present", "absent", "absent"):
        asked = parameters(model, tmp_path, state=state, _ansible_diff=True)
        before = tree(tmp_path)
        planned = answer(model_weights, **asked, _ansible_check_mode=True)
        assert tree(tmp_path) == before
        done = answer(model_weights, **asked)
        assert (planned["changed"], planned["actions"]) == (done["changed"], done["actions"])
        assert planned["diff"] == done["diff"]
        assert (done["diff"]["before"] != done["diff"]["after"]) == done["changed"]
        assert set(done["weights"]) == set(planned["weights"]) == returned(model_weights, "weights")
        changed.append(done["changed"])
    assert changed == [True, False, True, False]


def test_an_empty_digest_pins_nothing(answer: Answer, model: Model, tmp_path: Path) -> None:
    assert answer(model_weights, **parameters(model, tmp_path, digest=""))["changed"]


def test_a_source_is_needed_to_bring_a_model(answer: Answer, tmp_path: Path) -> None:
    found = answer(model_weights, name="m", destination=str(tmp_path))
    assert found["failed"]
    assert found["msg"] == "state is present but all of the following are missing: source"


def test_faults_are_a_message_and_a_list(answer: Answer, model: Model, tmp_path: Path) -> None:
    found = answer(model_weights, **parameters(model, tmp_path, name="a/b", parallel=0))
    assert found["failed"]
    assert [fault.split()[0] for fault in found["faults"]] == ["name", "parallel"]


def test_info_returns_what_it_documents_and_never_changes(
    answer: Answer, model: Model, tmp_path: Path
) -> None:
    answer(model_weights, **parameters(model, tmp_path))
    destination = str(tmp_path / "models")
    for verify in (False, True):
        found = answer(model_weights_info, destination=destination, verify=verify)
        assert not found["changed"]
        (described,) = found["weights"]
        assert (described["complete"], described["verified"]) == (True, True)
        assert set(described) == returned(model_weights_info, "weights")


@pytest.mark.parametrize(
    ("module", "values"), [(model_weights, {"state": "absent"}), (model_weights_info, {})]
)
def test_documentation_and_examples_name_the_options_that_exist(
    module: Any, values: dict[str, str], answer: Answer, tmp_path: Path
) -> None:
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    refused = answer(module, no_such_option=1, destination=str(tmp_path), name="m", **values)
    supported = refused["msg"].partition("Supported parameters include: ")[2].rstrip(".")
    assert sorted(options) == sorted(supported.split(", "))
    for task in yaml.safe_load(module.EXAMPLES):
        (used,) = (task[key] for key in task if key.startswith("baremetal.sglang."))
        assert set(used) <= set(options)


def test_a_token_is_in_no_answer(answer: Answer, model: Model, tmp_path: Path) -> None:
    secret = "hf_" + "5eed" * 8
    with hub(model, token=secret) as running:
        asked = {"source": running.url, "_ansible_diff": True, "retries": 0}
        done = answer(
            model_weights, **{**parameters(model, tmp_path), **asked, "source_token": secret}
        )
        refused = answer(
            model_weights,
            **{**parameters(model, tmp_path / "b"), **asked, "source_token": secret[1:]},
        )
    assert (done["changed"], refused["failed"]) == (True, True)
    assert secret[1:] not in json.dumps([done, refused])
