"""Why no container toolkit is installed, all reasons at once."""

from __future__ import annotations

from tests.unit.plugins.module_utils.driver.toolkit_samples import (
    GPU,
    drop_in,
    host,
    kinds,
    package,
    plan,
)

OTHER = "/etc/containerd/conf.d/60-other.toml"
OWN = "/etc/containerd/conf.d/99-nvidia.toml"


def test_present_without_gpu() -> None:
    (line,) = plan(host(), "present").faults
    assert line == (
        "container_runtime_nvidia: gpu missing: found present on a host without NVIDIA GPU, "
        "needed an NVIDIA GPU on the PCI bus; "
        "write auto, which leaves such a host as it is, or look why the GPU is not there"
    )


def test_the_gpu_operator_has_a_toolkit() -> None:
    assert kinds(plan(host(GPU, operator=True))) == ["operator toolkit"]


def test_legacy_packages_beside_docker() -> None:
    both = [package("docker-ce"), package("nvidia-docker2")]
    (line,) = plan(host(GPU, packages=both)).faults
    assert "legacy in use: found nvidia-docker2 beside docker-ce" in line
    assert "run apt-get purge docker-ce nvidia-docker2" in line
    assert plan(host(GPU, packages=both[:1])).faults == ()
    assert plan(host(GPU, packages=both[1:])).faults == ()


def test_a_drop_in_that_keeps_containerd_from_starting() -> None:
    (line,) = plan(host(GPU, drop_ins=[drop_in(OTHER, 4)])).faults
    assert line.startswith(f"{OTHER}: drop in above root: found version 4, needed at most 3")
    assert plan(host(GPU, drop_ins=[drop_in(OTHER, 3)])).faults == ()
    assert plan(host(GPU, drop_ins=[drop_in(OTHER, 4)]), config_version=4).faults == ()


def test_another_drop_in_with_the_runtime() -> None:
    found = plan(host(GPU, drop_ins=[drop_in(OTHER, 2, runtime=True)]))
    assert kinds(found) == ["runtime defined twice"]


def test_the_toolkits_own_drop_in_goes_and_is_no_fault() -> None:
    found = plan(host(GPU, drop_ins=[drop_in(OWN, 4, runtime=True)], leftovers=[OWN]))
    assert found.faults == ()
    assert found.remove == (OWN,)


def test_a_root_file_without_a_known_version() -> None:
    assert kinds(plan(host(GPU), config_version=1)) == ["config version unknown"]


def test_all_reasons_are_told_at_once_in_order() -> None:
    found = host(
        operator=True,
        packages=[package("docker.io"), package("nvidia-docker")],
        drop_ins=[drop_in(OTHER, 4, runtime=True)],
    )
    assert kinds(plan(found, "present")) == [
        "drop in above root",
        "runtime defined twice",
        "legacy in use",
        "operator toolkit",
        "gpu missing",
    ]
