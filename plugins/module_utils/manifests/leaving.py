# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a rank leaves when its pod is deleted.

Rank 0 drains: it answers what it has taken and ends by itself. The other ranks must stay for that,
and then go. They do neither of themselves: the engine's process is the first of its container and
has no handler for SIGTERM there, so the kernel drops the signal and the pod stays for its whole
C(terminationGracePeriodSeconds), and the group cannot be made anew before.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

# SIGQUIT is what the engine's own children send to end it (launch_phase_sigquit_handler in
# sglang/srt/entrypoints/engine.py). It is sent again and again: the handler is not there yet while
# the engine imports its modules.
FOLLOW_LEADER = """\
import os, signal, socket, time
while True:
    try:
        socket.create_connection((os.environ["LWS_LEADER_ADDRESS"], {port}), timeout=2).close()
    except OSError:
        os.kill(1, signal.SIGQUIT)
    time.sleep(1)
"""


def worker_lifecycle(spec: ServingGroupSpec) -> dict[str, Any]:
    """Other ranks than 0 leave once rank 0 no longer takes connections."""
    script = FOLLOW_LEADER.format(port=spec.serving_port)
    return {"lifecycle": {"preStop": {"exec": {"command": ["python3", "-c", script]}}}}
