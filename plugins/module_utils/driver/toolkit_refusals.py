# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why NVIDIA's container toolkit is not installed on a host."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.toolkit_host import (
    ToolkitHost,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

# Docker's own package, Debian's and Ubuntu's.
DOCKER = ("docker-ce", "docker.io")
# Before version 2 containerd had no plugin tables of today's names.
OLDEST_CONFIG = 2


def refusals(host: ToolkitHost, purge: tuple[str, ...], config_version: int) -> Iterator[Fault]:
    """Everything that stands in the way; C(purge) are the legacy packages that would go."""
    yield from _host_faults(host)
    yield from _legacy_faults(host, purge)
    yield from _containerd_faults(host, config_version)


def _host_faults(host: ToolkitHost) -> Iterator[Fault]:
    if not host.gpus:
        yield Fault(
            code="gpu_missing",
            where="container_runtime_nvidia",
            found="present on a host without NVIDIA GPU",
            needed="an NVIDIA GPU on the PCI bus",
            fix="write auto, which leaves such a host as it is, or look why the GPU is not there",
        )
    if host.operator:
        yield Fault(
            code="operator_toolkit",
            where="container toolkit",
            found="one of the GPU Operator (/usr/local/nvidia/toolkit)",
            needed="one manager: the operator writes containerd's runtime nvidia as well",
            fix="set toolkit.enabled=false in the GPU Operator and remove that directory, "
            "or write container_runtime_nvidia: absent",
        )


def _legacy_faults(host: ToolkitHost, purge: tuple[str, ...]) -> Iterator[Fault]:
    """Their purge takes /etc/docker/daemon.json along, which Docker Engine may need."""
    docker = [name for name in DOCKER if host.installed(name)]
    if docker and purge:
        yield Fault(
            code="legacy_in_use",
            where="container toolkit",
            found=f"{', '.join(purge)} beside {', '.join(docker)}",
            needed="a host whose containers are containerd's: Docker's may use the old runtime",
            fix=f"run apt-get purge {' '.join((*docker, *purge))}, or purge the latter alone and "
            "configure Docker anew",
        )


def _containerd_faults(host: ToolkitHost, config_version: int) -> Iterator[Fault]:
    if config_version < OLDEST_CONFIG:
        yield Fault(
            code="config_version_unknown",
            where="/etc/containerd/config.toml",
            found=f"version {config_version}",
            needed=f"version {OLDEST_CONFIG} or newer",
            fix="run containerd config migrate and compare",
        )
    for drop_in in host.drop_ins:
        if drop_in.path in host.leftovers:
            continue
        if drop_in.version > config_version:
            yield Fault(
                code="drop_in_above_root",
                where=drop_in.path,
                found=f"version {drop_in.version}",
                needed=f"at most {config_version}, the version of /etc/containerd/config.toml: "
                "containerd does not start otherwise",
                fix="write it in that version, or remove it",
            )
        if drop_in.runtime:
            yield Fault(
                code="runtime_defined_twice",
                where=drop_in.path,
                found="a runtime nvidia",
                needed="the one of this role: containerd takes the file that it reads last",
                fix="take the runtime out of it, or remove it",
            )
