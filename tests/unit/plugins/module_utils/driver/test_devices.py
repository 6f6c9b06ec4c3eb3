"""The device table agrees with the planner's catalogue of GPUs."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.devices import DEVICES
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.release import (
    branch_of,
    minimum_branch,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import GPUS

GENERATIONS = {
    (7, 0): "Volta",
    (7, 5): "Turing",
    (8, 0): "Ampere",
    (8, 9): "Ada",
    (9, 0): "Hopper",
    (10, 0): "Blackwell",
    (12, 0): "Blackwell",
}
# No stored copy of the PCI ID list had these two.
UNLISTED = {"h20-141gb", "rtx-pro-6000-workstation-96gb"}


def test_every_planned_gpu_is_known_by_its_device() -> None:
    assert {model.name for model in DEVICES.values()} == {*GPUS, "v100", "t4"} - {"cpu"} - UNLISTED


def test_generations_are_those_of_the_compute_capability() -> None:
    wrong = {
        model.name
        for model in DEVICES.values()
        if model.name in GPUS
        and model.generation.name != GENERATIONS[GPUS[model.name].compute_capability]
    }
    assert wrong == set()


def test_the_branch_is_the_first_number() -> None:
    assert (branch_of("580.1.2"), branch_of("newest"), branch_of("")) == (580, 0, 0)
    assert [minimum_branch(cuda) for cuda in ("11.8", "12.9", "13.0", "14.0")] == [450, 525, 580, 0]
