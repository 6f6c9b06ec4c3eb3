"""What the machine is: card, driver and versions."""

from __future__ import annotations

import importlib.metadata
import subprocess
import time

QUERY = ("name", "memory.total", "memory.reserved", "driver_version")


def describe() -> dict[str, object]:
    """Card, driver, releases of torch and engine, and date (UTC), as a record holds them.

    Raises OSError without nvidia-smi and PackageNotFoundError without torch or SGLang.
    """
    cards = parse_query(_query(",".join(QUERY)))
    return {
        **cards[0],
        "gpus_of_machine": len(cards),
        **torch_fields(importlib.metadata.version("torch")),
        "engine_release": release(importlib.metadata.version("sglang")),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def release(version: str) -> list[int]:
    """The first three numbers of a version."""
    return [int(number) for number in version.partition("+")[0].split(".")[:3]]


def torch_fields(version: str) -> dict[str, object]:
    """Release of torch and the CUDA that it is built for, from a version such as 1.98.0+cu130."""
    build = version.partition("+cu")[2]
    return {"torch_release": release(version), "cuda": f"{build[:-1]}.{build[-1:]}"}


def parse_query(text: str) -> list[dict[str, object]]:
    """Each line of nvidia-smi's answer (csv, noheader, nounits; MiB) as fields of a record."""
    cards = []
    for line in text.splitlines():
        name, total, reserved, driver = (part.strip() for part in line.split(","))
        cards.append(
            {
                "card": name,
                "memory_total_mib": int(total),
                "memory_reserved_mib": int(reserved),
                "driver": driver,
            }
        )
    return cards


def used_mib(first_gpu: int = 0) -> int:
    """MiB in use on the fullest GPU, from `first_gpu` on."""
    return max(int(line) for line in _query("memory.used").splitlines()[first_gpu:])


def _query(fields: str) -> str:
    return subprocess.run(
        ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    ).stdout
