"""From the GPUs of a host to exact packages, and to the reasons for a reboot."""

from __future__ import annotations

import pytest

from .samples import A100, B200, H100, V100, host, kinds, package, plan, release

DRIVER = ("dkms-open", "libdriver", "nvidia-persistenced")
HELD = [package(name) for name in DRIVER]
LOADED = {"version": "580.10.02", "modules": "open"}


def test_a_host_without_gpu_needs_nothing() -> None:
    found = plan(host(nouveau=True, distribution="arch-1", runfile=True))
    assert (found.needed, found.faults, found.packages, found.reboot) == (False, (), (), ())
    assert found.own == ()


def test_a_bare_host_gets_exact_packages_held_and_a_reboot() -> None:
    found = plan(host(A100, A100))
    assert found.faults == ()
    assert (found.needed, found.modules, found.version) == (True, "open", "580.10.02")
    assert found.packages == (
        "dkms-open=580.10.02-1",
        "libdriver=580.10.02-1",
        "nvidia-persistenced=580.10.02-1",
    )
    assert found.held == DRIVER
    assert found.headers == "linux-headers-6.12.9"
    assert found.units == ("nvidia-persistenced.service",)
    assert found.fabric_manager is False
    assert found.pin == "580.10.02-1"
    assert found.repository == {
        "uri": "https://repo.invalid/deb13/",
        "key": "https://repo.invalid/deb13/k.pub",
        "fingerprint": "F" * 40,
    }
    assert found.reboot == ("no NVIDIA kernel module is loaded",)
    assert found.actions[:2] == ("install dkms-open=580.10.02-1", "hold dkms-open")


def test_the_fabric_manager_comes_with_nvswitches_and_with_them_only() -> None:
    found = plan(host(H100, nvswitches=4))
    assert found.packages[-1] == "nvidia-fabricmanager=580.10.02-1"
    assert found.units == ("nvidia-persistenced.service", "nvidia-fabricmanager.service")
    assert (found.fabric_manager, found.faults) == (True, ())


@pytest.mark.parametrize(
    ("device", "asked", "modules", "package_name"),
    [
        (V100, "auto", "proprietary", "dkms-closed"),
        (V100, "proprietary", "proprietary", "dkms-closed"),
        (H100, "auto", "open", "dkms-open"),
        (H100, "proprietary", "proprietary", "dkms-closed"),
        (H100, "open", "open", "dkms-open"),
    ],
)
def test_the_modules_are_what_the_gpu_runs_with(
    device: str, asked: str, modules: str, package_name: str
) -> None:
    found = plan(host(device), modules=asked)
    assert (found.faults, found.modules) == ((), modules)
    assert found.packages[0] == f"{package_name}=580.10.02-1"


def test_nothing_is_left_to_do_where_the_loaded_driver_is_the_installed_one() -> None:
    found = plan(host(A100, packages=HELD, loaded=LOADED, member=True))
    assert (found.faults, found.actions, found.reboot) == ((), (), ())


def test_what_is_missing_or_differs_is_said() -> None:
    present = [package("dkms-open", held=False), package("libdriver", "580.9.1-1")]
    kernel = {"release": "6.12.9", "headers": False, "headers_available": True}
    assert plan(host(A100, packages=present, kernel=kernel)).actions == (
        "install linux-headers-6.12.9",
        "hold dkms-open",
        "change libdriver from 580.9.1-1 to 580.10.02-1",
        "install nvidia-persistenced=580.10.02-1",
        "hold nvidia-persistenced",
    )


@pytest.mark.parametrize(
    ("loaded", "reason"),
    [
        (
            {"version": "570.1", "modules": "open"},
            "the loaded kernel module is 570.1, not 580.10.02",
        ),
        (
            {"version": "580.10.02", "modules": "proprietary"},
            "the loaded kernel module is proprietary, not open",
        ),
    ],
)
def test_another_loaded_module_needs_a_reboot(loaded: dict[str, str], reason: str) -> None:
    assert plan(host(A100, packages=HELD, loaded=loaded)).reboot == (reason,)


def test_nouveau_needs_a_reboot() -> None:
    assert plan(host(A100, nouveau=True)).reboot == (
        "nouveau is loaded and holds the GPUs",
        "no NVIDIA kernel module is loaded",
    )


def test_a_reset_removes_what_came_with_the_release_and_nothing_else() -> None:
    present = [
        package("dkms-closed", "570.1-1"),
        package("libcuda1", held=False),
        package("nvidia-container-toolkit", "1.2.3-1"),
    ]
    assert plan(host(packages=present)).own == ("dkms-closed", "libcuda1")


def test_all_faults_are_told_at_once_in_their_order() -> None:
    facts = host(B200, "ffff", runfile=True)
    found = plan(facts, release("525.1.1", "525.1.2"), modules="proprietary")
    assert kinds(found) == [
        "unknown gpu",
        "nvlink5 not covered",
        "foreign driver",
        "branch too old",
        "branch too old for cuda",
        "fabric manager differs",
        "kernel modules unfit",
    ]


def test_a_plan_is_a_dict_of_lists() -> None:
    shown = plan(host(A100)).as_dict()
    assert shown["held"] == list(DRIVER)
    assert shown["repository"]["uri"] == "https://repo.invalid/deb13/"
