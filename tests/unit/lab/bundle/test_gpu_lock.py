"""The lock of the GPU machine holds its own parts and those that stand beside them."""

from __future__ import annotations

from lab.bundle import gpu_lock
from lab.bundle.catalogue import LOCKS, Part, load

PARTS: dict[str, Part] = {
    "kernel": {"use": "gpu-test", "version": "0.98.4", "beside": ["engine"]},
    "engine": {"use": "engine", "version": "0.98.17"},
    "other": {"use": "engine", "version": "0.98.1"},
}
CATALOGUE = load().parts
LINES = (LOCKS / CATALOGUE[gpu_lock.MACHINE_PART]["lock"]).read_text().splitlines()
LOCKED = {line.partition("==")[0] for line in LINES if "==" in line}


def test_a_part_beside_is_locked_in_the_version_of_its_own_lock() -> None:
    assert gpu_lock.locked_parts(PARTS) == {"kernel": PARTS["kernel"], "engine": PARTS["engine"]}


def test_the_lock_leaves_out_what_the_machine_has() -> None:
    assert {"sglang", "sglang-kernel", "transformers"} <= LOCKED
    assert LOCKED.isdisjoint(CATALOGUE[gpu_lock.MACHINE_PART]["present"])


def test_each_locked_package_has_a_hash() -> None:
    assert sum("--hash=sha256:" in line for line in LINES) >= len(LOCKED)
