"""Hosts and releases for the tests of the driver's decisions."""

from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.plan import (
    DriverPlan,
    Request,
    driver_plan,
)

A100, H100, B200, V100, UNKNOWN = "20b2", "2330", "2901", "1db5", "ffff"
PACKAGES = {
    "user": ["libdriver"],
    "open": ["dkms-open"],
    "proprietary": ["dkms-closed"],
    "persistence": ["nvidia-persistenced"],
    "fabric_manager": ["nvidia-fabricmanager"],
}


def release(version: str = "580.10.02", fabric_manager: str = "") -> dict[str, Any]:
    """A part of the catalogue that knows one distribution."""
    entry = {
        "repository": "deb13",
        "key": "k.pub",
        "fingerprint": "F" * 40,
        "revision": "1",
        "packages": PACKAGES,
    }
    return {
        "version": version,
        "fabric_manager": fabric_manager or version,
        "upstream": "https://repo.invalid",
        "distributions": {"debian-13": entry},
    }


def host(*devices: str, **changed: Any) -> dict[str, Any]:
    """What driver_facts returns of a host with these GPUs and nothing else; `changed` replaces."""
    gpus = [{"address": f"0000:{at:02x}:00.0", "device": d} for at, d in enumerate(devices)]
    found = {
        "distribution": "debian-13",
        "kernel": {"release": "6.12.9", "headers": True, "headers_available": True},
        "gpus": gpus,
        "nvswitches": 0,
        "loaded": {"version": "", "modules": ""},
        "packages": [],
        "nouveau": False,
        "secure_boot": {"enabled": False, "key": "", "enrolled": False},
        "runfile": False,
        "container": False,
        "member": False,
    }
    return {"driver": {**found, **changed}}


def package(name: str, version: str = "580.10.02-1", *, held: bool = True) -> dict[str, Any]:
    """An installed package, as the role leaves it."""
    return {"name": name, "version": version, "held": held}


def plan(
    facts: dict[str, Any],
    part: dict[str, Any] | None = None,
    cuda: str = "13.0",
    modules: str = "auto",
) -> DriverPlan:
    """The plan of a host."""
    return driver_plan(facts, Request(part or release(), cuda, modules))


def kinds(found: DriverPlan) -> list[str]:
    """What the faults are, in words."""
    return [fault.split(": ")[1] for fault in found.faults]
