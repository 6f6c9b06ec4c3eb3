"""What becomes of the container toolkit: wanted or not, packages, drop-in, CDI specification."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.toolkit import (
    ToolkitPlan,
    drop_in_version,
)

from tests.unit.plugins.module_utils.driver.toolkit_samples import (
    BASE,
    GPU,
    host,
    package,
    plan,
)

NODES = ["/dev/nvidia0", "/dev/nvidia1"]


@pytest.mark.parametrize(
    ("gpus", "state", "needed"),
    [
        ([GPU], "auto", True),
        ([], "auto", False),
        ([GPU], "present", True),
        ([GPU], "absent", False),
    ],
)
def test_a_toolkit_is_needed_where_it_was_asked_for(
    gpus: list[str], state: str, needed: bool
) -> None:
    assert plan(host(*gpus), state).needed is needed


@pytest.mark.parametrize("state", ["auto", "absent"])
def test_a_host_without_gpu_is_left_as_it_is_whatever_lies_there(state: str) -> None:
    found = host(
        leftovers=["/etc/cdi/nvidia.yaml"], packages=[package("nvidia-docker2")], operator=True
    )
    assert plan(found, state) == ToolkitPlan()


def test_a_bare_host_gets_one_exact_version_held_and_pinned() -> None:
    found = plan(host(GPU))
    assert found.faults == ()
    assert found.packages == ("nvidia-container-toolkit-base=1.2.3-1",)
    assert found.held == (BASE,)
    assert found.pin == "1.2.3-1"
    assert found.pinned == (
        "nvidia-container-toolkit",
        "nvidia-container-toolkit-base",
        "libnvidia-container-tools",
        "libnvidia-container1",
    )
    assert found.repository == {
        "uri": "https://repo.invalid/deb/",
        "key": "https://repo.invalid/gpgkey",
        "fingerprint": "F" * 40,
    }
    assert found.actions == (
        "install nvidia-container-toolkit-base=1.2.3-1",
        "hold nvidia-container-toolkit-base",
    )


def test_nothing_is_to_be_done_where_all_is_there() -> None:
    found = plan(
        host(
            GPU,
            packages=[package(BASE)],
            source=True,
            loaded="580.1",
            nodes=NODES,
            specification={"driver": "580.1", "nodes": NODES},
        )
    )
    assert (found.faults, found.actions, found.refresh) == ((), (), ())


def test_packages_that_are_there_move_with_the_base_package() -> None:
    found = plan(
        host(
            GPU,
            packages=[
                package(BASE, "1.1.0-1"),
                package("libnvidia-container1", held=False),
                package("nvidia-container-toolkit", "1.1.0-1"),
            ],
        )
    )
    assert found.held == (BASE, "nvidia-container-toolkit", "libnvidia-container1")
    assert found.actions == (
        "change nvidia-container-toolkit-base from 1.1.0-1 to 1.2.3-1",
        "change nvidia-container-toolkit from 1.1.0-1 to 1.2.3-1",
        "hold libnvidia-container1",
    )


def test_legacy_packages_and_leftovers_go() -> None:
    leftovers = ["/etc/apt/sources.list.d/nvidia-docker.list"]
    packages = [package("nvidia-container-runtime", "3.14.0-1"), package("nvidia-docker2", "2.14")]
    found = plan(host(GPU, packages=packages, leftovers=leftovers))
    assert found.purge == ("nvidia-docker2", "nvidia-container-runtime")
    assert found.remove == tuple(leftovers)
    assert found.actions[-3:] == (
        "purge nvidia-docker2",
        "purge nvidia-container-runtime",
        "remove /etc/apt/sources.list.d/nvidia-docker.list",
    )


@pytest.mark.parametrize(
    ("root", "version", "table"),
    [
        (2, 2, "io.containerd.grpc.v1.cri"),
        (3, 3, "io.containerd.cri.v1.runtime"),
        (4, 3, "io.containerd.cri.v1.runtime"),
    ],
)
def test_the_drop_in_is_never_above_the_root_file(root: int, version: int, table: str) -> None:
    found = plan(host(GPU), config_version=root)
    assert (found.config_version, found.cri_table) == (version, table)


@pytest.mark.parametrize(("root", "version"), [(0, 0), (1, 0), (2, 2), (3, 3), (9, 3)])
def test_no_version_is_made_up(root: int, version: int) -> None:
    assert drop_in_version(root) == version


@pytest.mark.parametrize(
    ("loaded", "made", "reasons"),
    [
        ("", {"driver": "", "nodes": []}, ()),
        ("", {"driver": "570.1", "nodes": NODES}, ()),
        ("580.1", {"driver": "", "nodes": []}, ("there is no CDI specification",)),
        (
            "580.1",
            {"driver": "570.1", "nodes": NODES},
            ("the CDI specification is of driver 570.1, 580.1 is loaded",),
        ),
        (
            "580.1",
            {"driver": "580.1", "nodes": ["/dev/nvidia0"]},
            ("the CDI specification gives /dev/nvidia0, the host has /dev/nvidia0, /dev/nvidia1",),
        ),
        (
            "580.1",
            {"driver": "580.1", "nodes": []},
            ("the CDI specification gives no GPU, the host has /dev/nvidia0, /dev/nvidia1",),
        ),
    ],
)
def test_the_specification_is_made_again_when_it_is_not_of_what_runs(
    loaded: str, made: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    assert plan(host(GPU, loaded=loaded, nodes=NODES, specification=made)).refresh == reasons


@pytest.mark.parametrize(("source", "own"), [(True, (BASE,)), (False, ())])
@pytest.mark.parametrize("state", ["absent", "auto"])
def test_an_undo_removes_what_the_role_installed_alone(
    state: str, source: bool, own: tuple[str, ...]
) -> None:
    packages = [package(BASE), package("nvidia-docker2")]
    assert plan(host(GPU, packages=packages, source=source), state).own == own


def test_a_plan_is_a_dict_of_lists_for_a_filter() -> None:
    made = plan(host(GPU)).as_dict()
    assert made["held"] == [BASE]
    assert made["config_version"] == 3
