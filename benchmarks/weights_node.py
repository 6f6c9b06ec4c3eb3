"""model_weights on one node of benchmarks.weights_fanout: a program.

It prints ``ready`` when it has imported what it needs, reads parameters as a line of JSON, and
prints as JSON the seconds and the seconds of CPU that the model took, what model_weights returned,
and the bytes of memory that the process had at most.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

STATUS = Path("/proc/self/status")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.ensure import (  # noqa: E402
    ensure,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import (  # noqa: E402
    Clock,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (  # noqa: E402
    DEFAULT_REGION,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import (  # noqa: E402
    WeightsSpec,
)

DEFAULTS = {
    "state": "present",
    "source_token": "",
    "source_access_key": "",
    "source_secret_key": "",
    "source_region": DEFAULT_REGION,
    "digest": "",
    "timeout_seconds": 3600,
    "retries": 3,
    "checks": ["safetensors"],
    "share_bytes": 0,
    "verify": False,
    "run": "",
    "run_seconds": 0,
}


def main() -> None:
    """Bring the model; raises RuntimeError when all of it should be verified and is not."""
    print("ready", flush=True)
    spec = WeightsSpec.parse({**DEFAULTS, **json.loads(sys.stdin.readline())})
    begun, worked = time.monotonic(), time.process_time()
    weights = ensure(spec, check_mode=False, clock=Clock()).result["weights"]
    if not weights["verified"] and not spec.share_bytes:
        raise RuntimeError("not verified")
    figures = {
        "seconds": time.monotonic() - begun,
        "cpu_seconds": time.process_time() - worked,
        "weights": weights,
        "memory": most_memory(),
    }
    print(json.dumps(figures))


def most_memory() -> int:
    """The most bytes of memory of this process; ru_maxrss has those of its parent too."""
    (line,) = re.findall(r"^VmHWM:\s+(\d+) kB$", STATUS.read_text(), re.MULTILINE)
    return int(line) * 1024


if __name__ == "__main__":
    main()
