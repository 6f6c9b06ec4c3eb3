# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time as an argument, so that tests never sleep, and the one retry that an API server needs."""

from __future__ import annotations

import time
from typing import Any, Callable, TypeVar

from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import ApiError

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 90
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


def with_patience(call: Callable[..., Answer], *args: Any, clock: Clock, **kwargs: Any) -> Answer:
    """Call once more while the API server says that it cannot answer yet, for 90 s at most."""
    deadline = clock.now() + PATIENCE_SECONDS
    while True:
        try:
            return call(*args, **kwargs)
        except ApiError as error:
            if not is_transient(error) or clock.now() >= deadline:
                raise
        clock.sleep(RETRY_SECONDS)


def is_transient(error: ApiError) -> bool:
    """True when the refusal is about the moment, not about the request.

    500: a webhook could not be reached (its own refusals read differently). 429: too many requests,
    or a kind whose definition was just installed. 503: an aggregated API is not up.
    """
    unanswered = error.status == 500 and "failed calling webhook" in error.message
    return unanswered or error.status in (429, 503)
