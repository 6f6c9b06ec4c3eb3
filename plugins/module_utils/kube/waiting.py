# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time as an argument, so that tests never sleep, and the one retry that an API server needs."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional, TypeVar

from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import ApiError

Answer = TypeVar("Answer")

WEBHOOK_SECONDS = 90
"""How long a controller's webhook may take to come up after its Deployment is applied."""

RETRY_SECONDS = 3


class Clock:
    """Monotonic seconds and sleep; tests pass one whose time moves only by sleeping."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let C(seconds) pass."""
        time.sleep(seconds)


def when_webhook_answers(
    call: Callable[..., Answer], *args: Any, clock: Optional[Clock] = None, **kwargs: Any
) -> Answer:
    """Call once more while the API server cannot reach an admission webhook, for 90 s at most."""
    clock = clock or Clock()
    deadline = clock.now() + WEBHOOK_SECONDS
    while True:
        try:
            return call(*args, **kwargs)
        except ApiError as error:
            if not is_webhook_failure(error) or clock.now() >= deadline:
                raise
        clock.sleep(RETRY_SECONDS)


def is_webhook_failure(error: ApiError) -> bool:
    """True when the API server could not reach a webhook (its refusal reads differently)."""
    return error.status == 500 and "failed calling webhook" in error.message
