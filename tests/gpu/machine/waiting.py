"""`GATE=FILE python3 -m machine.waiting ARGUMENT...`: the engine's launch_server, which imports its
packages at once and touches no GPU memory before FILE exists.

The next launch of a file is imported so while the one before it is measured. The scheduler is a
process that multiprocessing spawns: it runs this module again, under the name of SPAWNED.
"""

from __future__ import annotations

import importlib
import os
import runpy
import time
from pathlib import Path

SPAWNED = "__mp_main__"
GATE = "GATE"
ENGINE = "sglang.launch_server"
SCHEDULER = "sglang.srt.managers.scheduler"
POLL_SECONDS = 0.05


def wait() -> None:
    """Return when the gate's file exists."""
    gate = Path(os.environ[GATE])
    while not gate.exists():
        time.sleep(POLL_SECONDS)


if __name__ == SPAWNED:
    importlib.import_module(SCHEDULER)
    wait()
if __name__ == "__main__":
    runpy.run_module(ENGINE, run_name="__main__")
