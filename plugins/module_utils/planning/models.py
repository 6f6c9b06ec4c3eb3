# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue of models that the planner knows."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, rename_fix
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models_data_dense import (
    MODELS_DENSE,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models_data_experts import (
    MODELS_EXPERTS,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models_data_v3 import (
    MODELS_V3,
)

MODELS: Mapping[str, ModelSpec] = {
    model.name: model for model in (*MODELS_V3, *MODELS_EXPERTS, *MODELS_DENSE)
}


def find_model(name: str) -> ModelSpec:
    """The model of that name, whatever its case.

    Raises InputError, with the nearest known name, when the catalogue does not have it.
    """
    known = name.lower()
    if known in MODELS:
        return MODELS[known]
    fault = Fault(
        code="unknown_model",
        where="model",
        found=name,
        needed="a model of the catalogue or a directory with config.json",
        fix=rename_fix(known, MODELS),
    )
    raise InputError("the model", [fault.line()])


def find_format(model: ModelSpec, name: str) -> WeightFormat:
    """The weight format of that name of a model.

    Raises InputError, with the nearest known name, when the model has no such format.
    """
    formats = {weight_format.name: weight_format for weight_format in model.formats}
    if name in formats:
        return formats[name]
    fault = Fault(
        code="unknown_weight_format",
        where=f"model {model.name}",
        found=name,
        needed="a published weight format of the model",
        fix=rename_fix(name, formats),
    )
    raise InputError("the weight format", [fault.line()])
