# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A model directory that the catalogue does not have, read from its own files' content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.checkpoint_format import (
    read_format,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.checkpoint_shape import (
    read_shape,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    ModelSpec,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.weights_memory import (
    checkpoint_bytes,
    parameter_count,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.units import gib

SUFFIX = ".safetensors"
# The shapes of a complete checkpoint give its size to well within this part of it: 0.002 % for
# DeepSeek-R1; more than this is missing files or another model than config.json says.
SIZE_TOLERANCE = 0.05


def read_checkpoint(
    name: str, config: Mapping[str, Any], index: Mapping[str, Any], sizes: Mapping[str, int]
) -> ModelSpec:
    """The model of a directory, with the one weight format that the directory holds.

    C(config) and C(index) are the loaded config.json and model.safetensors.index.json (empty for a
    model of one file), C(sizes) holds each file's bytes by its name.

    Raises InputError with all faults: an unknown architecture or quantisation, keys that are
    missing or make no sense, files of the index that are not there, and a size that the shapes do
    not explain.
    """
    faults = list(_file_faults(name, index, sizes))
    shape, shape_faults = read_shape(name, config)
    weight_format, format_faults = read_format(name, config)
    faults += [*shape_faults, *format_faults]
    if faults or shape is None or weight_format is None:
        raise InputError(f"the model {name}", [fault.line() for fault in faults])
    stored = sum(size for file, size in sizes.items() if file.endswith(SUFFIX))
    held = replace(
        weight_format, checkpoint_bytes=stored, draft=_has_draft(shape, index), source=name
    )
    _check_size(shape, held)
    return replace(
        shape,
        parameters=parameter_count(shape),
        active_parameters=_active_parameters(shape),
        formats=(held,),
    )


def _file_faults(name: str, index: Mapping[str, Any], sizes: Mapping[str, int]) -> Iterator[Fault]:
    needed = set(index.get("weight_map", {}).values())
    missing = sorted(needed - set(sizes))
    if missing:
        yield Fault(
            code="checkpoint_incomplete",
            where=f"model {name}",
            found=f"{len(needed) - len(missing)} of {len(needed)} files of the index,"
            f" without {', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}",
            needed="all files that model.safetensors.index.json names",
            fix="fetch the missing files again",
        )
    if not any(file.endswith(SUFFIX) for file in sizes):
        yield Fault(
            code="checkpoint_without_weights",
            where=f"model {name}",
            found=f"no {SUFFIX} file",
            needed=f"weights in {SUFFIX} files",
            fix="fetch the weights, or convert them",
        )


def _has_draft(model: ModelSpec, index: Mapping[str, Any]) -> bool:
    prefix = f"model.layers.{model.layers}."
    return any(tensor.startswith(prefix) for tensor in index.get("weight_map", {}))


def _check_size(model: ModelSpec, weight_format: WeightFormat) -> None:
    found, expected = weight_format.checkpoint_bytes, checkpoint_bytes(model, weight_format)
    if abs(found - expected) <= SIZE_TOLERANCE * expected:
        return
    fault = Fault(
        code="checkpoint_size",
        where=f"model {model.name}",
        found=f"{gib(found)} of weights",
        needed=f"{gib(expected)}, from the shapes of config.json in {weight_format.name}",
        fix="fetch the whole checkpoint again, and the config.json that belongs to it",
    )
    raise InputError(f"the model {model.name}", [fault.line()])


def _active_parameters(model: ModelSpec) -> int:
    """Weights that one token uses: all but the routed experts that it does not take."""
    routed = sum(
        (experts.routed - experts.active)
        * 3
        * model.hidden
        * experts.intermediate
        * (model.layers - experts.dense_layers)
        for experts in model.experts
    )
    return parameter_count(model) - routed
