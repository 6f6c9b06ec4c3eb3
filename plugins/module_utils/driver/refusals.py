# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a driver is not installed: the release, the GPUs, and what the host already has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.host import Host, Package
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.release import (
    CUDA_BRANCHES,
    Release,
    distributions,
    minimum_branch,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault

CATALOGUE = "catalogue/parts.yml"
# Families that bring the kernel modules, libcuda or the fabric manager. NVIDIA's container toolkit
# (nvidia-container-*, libnvidia-container*) and CUDA's toolkits are none of them.
DRIVER_FAMILIES = re.compile(
    r"cuda-drivers.*|libcuda1|libnvidia-compute.*|linux-(modules|objects|signatures)-nvidia.*"
    r"|nvidia-(driver|dkms|fabricmanager|headless|kernel|open|persistenced|utils)\b.*"
)
NOT_DRIVER = re.compile(r"nvidia-driver-pinning.*|nvidia-kernel-common.*")


def distribution_faults(host: Host, part: Mapping[str, Any]) -> Iterator[Fault]:
    """The distribution that the release has no packages for; nothing else can be said then."""
    known = distributions(part)
    if host.distribution not in known:
        yield Fault(
            code="distribution_unknown",
            where="host",
            found=host.distribution,
            needed=f"one of {', '.join(known)}",
            fix="install one of them, or take the host out of the group of GPU hosts",
        )


def refusals(host: Host, release: Release, cuda: str, wanted: Mapping[str, str]) -> Iterator[Fault]:
    """Everything that stands in the way, except for the choice of kernel modules."""
    yield from _card_faults(host)
    yield from _branch_faults(host, release)
    yield from _cuda_faults(release, cuda)
    yield from _fabric_faults(host, release)
    yield from _foreign_faults(host, release)
    yield from _use_faults(host, release, wanted)
    yield from _kernel_faults(host)


def _card_faults(host: Host) -> Iterator[Fault]:
    for card in host.cards:
        if card.model is None:
            yield Fault(
                code="unknown_gpu",
                where=f"GPU {card.address}",
                found=card.pci_id,
                needed="a GPU whose kernel modules are known",
                fix="look the ID up at https://pci-ids.ucw.cz and add the model to "
                "plugins/module_utils/driver/devices.py",
            )


def _branch_faults(host: Host, release: Release) -> Iterator[Fault]:
    for model in host.models:
        first, last = model.generation.first_branch, model.generation.last_branch
        if release.branch < first:
            yield Fault(
                code="branch_too_old",
                where=f"driver {release.version}",
                found=f"branch {release.branch} for {model.name}",
                needed=f"branch {first} or newer",
                fix=f"take a newer branch in {CATALOGUE}",
            )
        if last and release.branch > last:
            yield Fault(
                code="branch_too_new",
                where=f"driver {release.version}",
                found=f"branch {release.branch} for {model.name}",
                needed=f"branch {last}, the last one that drives {model.generation.name}",
                fix=f"take branch {last} in {CATALOGUE} for these hosts",
            )


def _cuda_faults(release: Release, cuda: str) -> Iterator[Fault]:
    least = minimum_branch(cuda)
    if not least:
        yield Fault(
            code="cuda_unknown",
            where="nvidia_driver_engine_cuda",
            found=cuda or "nothing",
            needed=f"CUDA {', '.join(str(major) for major in CUDA_BRANCHES)} as MAJOR.MINOR",
            fix="write the version of CUDA that the engine's image has",
        )
    elif release.branch < least:
        yield Fault(
            code="branch_too_old_for_cuda",
            where=f"driver {release.version}",
            found=f"branch {release.branch} under an engine with CUDA {cuda}",
            needed=f"branch {least} or newer",
            fix=f"take branch {least} in {CATALOGUE}, or an engine image with an older CUDA",
        )


def _fabric_faults(host: Host, release: Release) -> Iterator[Fault]:
    if release.fabric_manager != release.version:
        yield Fault(
            code="fabric_manager_differs",
            where="fabric manager",
            found=release.fabric_manager,
            needed=f"{release.version}, the driver's own version: it stops at any other",
            fix=f"write one version for both in {CATALOGUE}",
        )
    for model in host.models:
        if model.nvlink5:
            yield Fault(
                code="nvlink5_not_covered",
                where="GPUs",
                found=f"{model.name}, whose NVLink switches need nvlsm",
                needed="GPUs up to Hopper, or PCI Express cards: this role does not install nvlsm",
                fix="follow NVIDIA's Fabric Manager user guide, and leave this role out",
            )


def _foreign_faults(host: Host, release: Release) -> Iterator[Fault]:
    if host.runfile:
        yield _foreign(
            "NVIDIA's runfile (/usr/bin/nvidia-uninstall)",
            "run nvidia-uninstall on the host, then reboot it",
        )
    if host.container:
        yield _foreign(
            "a driver container of the GPU Operator (/run/nvidia/driver)",
            "set driver.enabled=false in the GPU Operator and reboot the host",
        )
    strange = [package for package in host.packages if _is_foreign(package, release)]
    if strange:
        names = ", ".join(f"{package.name} {package.version}" for package in strange)
        purge = " ".join(package.name for package in strange)
        yield _foreign(
            f"packages of another repository: {names}", f"run apt-get purge {purge}, then reboot"
        )


def _is_foreign(package: Package, release: Release) -> bool:
    """NVIDIA's repository and the distributions' give the same version other revisions."""
    if not DRIVER_FAMILIES.fullmatch(package.name) or NOT_DRIVER.fullmatch(package.name):
        return False
    return package.version != f"{package.upstream}-{release.revision}"


def _foreign(found: str, fix: str) -> Fault:
    return Fault(
        code="foreign_driver",
        where="driver",
        found=found,
        needed="none, or one of the catalogue's repository: two drivers overwrite each other",
        fix=fix,
    )


def _use_faults(host: Host, release: Release, wanted: Mapping[str, str]) -> Iterator[Fault]:
    if not (host.member and host.loaded):
        return
    changes = []
    for name, version in wanted.items():
        present = host.installed(name)
        if present is None or present.version != version:
            changes.append(f"{name}={version}")
    if changes or host.loaded != release.version:
        yield Fault(
            code="driver_in_use",
            where="driver",
            found=f"{host.loaded} loaded on a node of a cluster, to be replaced by "
            f"{', '.join(changes) or release.version}",
            needed="a host that is no member: pods use the driver that is loaded",
            fix="drain the node and take it out of the cluster, or keep the driver that it has",
        )


def _kernel_faults(host: Host) -> Iterator[Fault]:
    if not (host.headers or host.headers_available):
        yield Fault(
            code="headers_missing",
            where=f"kernel {host.kernel}",
            found="no headers, and no package with them in apt",
            needed=f"linux-headers-{host.kernel}: DKMS builds the modules with them",
            fix="run apt-get update, or boot a kernel that the package sources still have",
        )
    secure = host.secure_boot
    if secure.enabled and not secure.enrolled:
        key = secure.key or "/var/lib/dkms/mok.pub"
        make = "" if secure.key else "install dkms, run dkms generate_mok, "
        yield Fault(
            code="secure_boot_unsigned",
            where="Secure Boot",
            found="enabled, and "
            + (f"the key {secure.key} is not enrolled" if secure.key else "no key to sign with"),
            needed="an enrolled machine owner key: the kernel loads no unsigned module",
            fix=f"{make}run mokutil --import {key}, set a one-time password, reboot and confirm "
            "it on the console under Enroll MOK; or turn Secure Boot off in the firmware",
        )
