# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Probes that suit the engine (sglang/srt/entrypoints/http_server.py, engine.py).

Rank 0: C(/health) is refused until the model is loaded on every rank; from then on it runs one
token and so takes at least 1 s, at most C(SGLANG_HEALTH_CHECK_TIMEOUT) (20 s), and there is no
C(/ready). Other ranks: C(/health) of a stand-in server that starts when the rank has joined and
loaded, and answers 200 at once.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

STARTUP_PERIOD_SECONDS = 5


def leader_probes(spec: ServingGroupSpec) -> dict[str, Any]:
    """Rank 0: ready while a token comes within 10 s; restarted after 5 minutes without any.

    300 s is the engine's own watchdog (C(--watchdog-timeout)), so that a long prefill is not
    taken for a hang, and 25 s leaves the engine time to answer 503 by itself.
    """
    return {
        "startupProbe": _startup(spec),
        "readinessProbe": _health(period=10, timeout=10, failures=3),
        "livenessProbe": _health(period=30, timeout=25, failures=10),
    }


def worker_probes(spec: ServingGroupSpec) -> dict[str, Any]:
    """Other ranks: the stand-in server answers at once or the process is gone."""
    return {
        "startupProbe": _startup(spec),
        "readinessProbe": _health(period=10, timeout=10, failures=3),
        "livenessProbe": _health(period=30, timeout=10, failures=4),
    }


def _startup(spec: ServingGroupSpec) -> dict[str, Any]:
    """No other probe runs before this one succeeded: loading is never taken for a failure."""
    failures = -(-spec.startup_seconds // STARTUP_PERIOD_SECONDS)
    return _health(period=STARTUP_PERIOD_SECONDS, timeout=10, failures=failures)


def _health(*, period: int, timeout: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": "/health", "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": failures,
    }
