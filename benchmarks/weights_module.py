"""Run the module model_weights in a process of its own and measure that process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# The start of Python and its imports are Ansible's; the module's own time is main()'s.
CHILD = """
import json, resource, sys, time
from ansible.module_utils.testing import patch_module_args
from ansible_collections.baremetal.sglang.plugins.modules.model_weights import main

def read():
    with open("/proc/self/io") as file:
        return {key: int(value) for key, value in (line.split(": ") for line in file)}

before, started = read(), time.perf_counter()
try:
    with patch_module_args(json.loads(sys.argv[1])):
        main()
except SystemExit:
    pass
seconds, after = time.perf_counter() - started, read()
print()
print(json.dumps({
    "seconds": seconds,
    "read": after["rchar"] - before["rchar"],
    "from_disk": after["read_bytes"] - before["read_bytes"],
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
"""


@dataclass(frozen=True)
class Measured:
    """The module's result, seconds, bytes of its reads, bytes that came from a disk, peak bytes."""

    result: Mapping[str, Any]
    seconds: float
    read: int
    from_disk: int
    peak: int


def run_module(**parameters: Any) -> Measured:
    """One run; raises RuntimeError with the module's message when it fails."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(parameters)],
        env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
        capture_output=True,
        text=True,
        check=True,
    )
    answer, figures = (json.loads(line) for line in done.stdout.splitlines() if line)
    if answer.get("failed"):
        raise RuntimeError(answer["msg"])
    return Measured(answer, **figures)
