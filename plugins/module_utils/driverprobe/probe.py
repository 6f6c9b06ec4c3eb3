# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host says of its NVIDIA driver: sysfs, procfs, EFI variables, and dpkg's own answers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.pci import (
    PciDevice,
    line,
    pci_devices,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe.system import distribution

Run = Callable[[Sequence[str]], str]
# What can hold a driver: NVIDIA's own packages, Debian's libcuda1, Ubuntu's prebuilt modules.
PATTERNS = ("*nvidia*", "libcuda1", "cuda-drivers*")
FIELDS = "${Package}\t${Version}\t${db:Status-Abbrev}\n"
# First letter: the selection (h: hold); second: the state (i: installed). dpkg-query(1).
INSTALLED = re.compile(r"(?P<selection>.)i.?$")
CANDIDATE = re.compile(r"^\s*Candidate:\s+(?!\(none\))(\S+)", re.MULTILINE)
OPEN_MODULE = "Open Kernel Module"
RUNFILE = "usr/bin/nvidia-uninstall"
# Where the GPU Operator's driver container mounts its root file system.
CONTAINER_ROOT = "/run/nvidia/driver"
KUBELET = "etc/kubernetes/kubelet.conf"
EFI = "sys/firmware/efi/efivars"
# Globally unique names: EFI's own variables, its signature databases, and shim's (UEFI 32.3; shim's
# README.tianocore).
SECURE_BOOT = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
TRUSTED = (
    "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23",
    "db-d719b2cb-3d3a-4596-a3bc-dad00e67656f",
)
# efivarfs writes four octets of attributes before the value (the kernel's efivarfs.rst).
ATTRIBUTES = 4
# Where Debian's and Ubuntu's shim-signed, and DKMS itself, keep the key that signs modules.
SIGNING_KEYS = ("var/lib/shim-signed/mok/MOK.der", "var/lib/dkms/mok.pub")


def read_driver(run: Run, root: Path, release: str) -> dict[str, Any]:
    """RV(driver) of module driver_facts, of the host whose file tree is C(root).

    C(run) runs a program and returns what it prints; C(release) is the running kernel's.
    """
    on_bus = pci_devices(root).values()
    found = distribution(text_of(root / "etc/os-release"))
    return {
        "distribution": f"{found['id']}-{found['version']}",
        "kernel": _kernel(run, root, release),
        "gpus": [_gpu(device) for device in on_bus if device.is_gpu],
        "nvswitches": sum(device.is_nvswitch for device in on_bus),
        "loaded": loaded_module(root),
        "packages": installed_packages(run, root, PATTERNS),
        "nouveau": (root / "sys/module/nouveau").is_dir(),
        "secure_boot": _secure_boot(root),
        "runfile": (root / RUNFILE).exists(),
        "container": _is_mounted(root, CONTAINER_ROOT),
        "member": (root / KUBELET).exists(),
    }


def _gpu(device: PciDevice) -> dict[str, str]:
    return {"address": device.address, "device": f"{device.device:04x}"}


def _kernel(run: Run, root: Path, release: str) -> dict[str, Any]:
    """DKMS builds in /lib/modules/RELEASE/build; the link is there without headers as well."""
    headers = (root / "lib/modules" / release / "build/Makefile").exists()
    policy = run(["apt-cache", *_aimed(root), "policy", f"linux-headers-{release}"])
    return {
        "release": release,
        "headers": headers,
        "headers_available": CANDIDATE.search(policy) is not None,
    }


def _aimed(root: Path) -> list[str]:
    """Options that make apt read another tree; none for this machine."""
    return [] if root == Path("/") else ["-o", f"RootDir={root}"]


def loaded_module(root: Path) -> dict[str, str]:
    """The C(version) of the loaded module and its flavour C(modules); empty without one."""
    version = line(root / "sys/module/nvidia/version")
    is_open = OPEN_MODULE in line(root / "proc/driver/nvidia/version")
    modules = ("open" if is_open else "proprietary") if version else ""
    return {"version": version, "modules": modules}


def installed_packages(run: Run, root: Path, patterns: Sequence[str]) -> list[dict[str, Any]]:
    """Installed packages of these patterns, with C(name), C(version) and C(held), by name.

    dpkg-query ends with 1 where a pattern matches nothing; that is an answer as well.
    """
    admindir = f"--admindir={root / 'var/lib/dpkg'}"
    text = run(["dpkg-query", admindir, "--show", f"--showformat={FIELDS}", *patterns])
    rows = (row.split("\t") for row in text.splitlines())
    found = []
    for name, version, status in rows:
        match = INSTALLED.match(status)
        if match:
            held = match["selection"] == "h"
            found.append({"name": name, "version": version, "held": held})
    return sorted(found, key=lambda package: str(package["name"]))


def _secure_boot(root: Path) -> dict[str, Any]:
    """A value of one octet, 1 where it is enabled; a host without EFI has none."""
    enabled = _variable(root, SECURE_BOOT) == b"\x01"
    keys = [path for path in SIGNING_KEYS if (root / path).exists()]
    trusted = [_variable(root, name) for name in TRUSTED]
    enrolled = [path for path in keys if _is_in((root / path).read_bytes(), trusted)]
    key = (enrolled or keys or [""])[0]
    return {"enabled": enabled, "key": f"/{key}" if key else "", "enrolled": bool(enrolled)}


def _is_in(certificate: bytes, databases: Sequence[bytes]) -> bool:
    """A signature database holds certificates as they are (EFI_CERT_X509_GUID)."""
    return bool(certificate) and any(certificate in database for database in databases)


def _variable(root: Path, name: str) -> bytes:
    place = root / EFI / name
    return place.read_bytes()[ATTRIBUTES:] if place.exists() else b""


def _is_mounted(root: Path, path: str) -> bool:
    """Field 5 of a line of mountinfo is the mount point (proc_pid_mountinfo(5))."""
    rows = (row.split() for row in text_of(root / "proc/self/mountinfo").splitlines())
    return any(len(row) > 4 and os.path.normpath(row[4]) == path for row in rows)


def text_of(path: Path) -> str:
    """A file's text, or "" where there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
