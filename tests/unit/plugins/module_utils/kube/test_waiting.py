from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import ApiError
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import (
    Clock,
    with_patience,
)

WEBHOOK = 'failed calling webhook "mleaderworkerset.kb.io": connect: connection refused'


class Slept(Clock):
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def refusing(status: int, message: str, *, times: int) -> tuple[float, ApiError | None]:
    clock, left = Slept(), [times]

    def call() -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise ApiError("Service a/b", status=status, reason="R", message=message)

    try:
        with_patience(call, clock=clock)
    except ApiError as error:
        return clock.time, error
    return clock.time, None


@pytest.mark.parametrize(
    ("status", "message"),
    [(500, WEBHOOK), (429, "storage is (re)initializing"), (503, "Service Unavailable")],
)
def test_server_that_cannot_answer_yet_is_asked_again(status: int, message: str) -> None:
    waited, error = refusing(status, message, times=3)
    assert (waited, error) == (9.0, None)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, 'admission webhook "vleaderworkerset.kb.io" denied the request: size'),
        (409, "conflict"),
        (422, "invalid"),
        (403, "forbidden"),
        (500, "etcdserver: request timed out"),
    ],
)
def test_refusal_of_the_request_itself_is_an_error_at_once(status: int, message: str) -> None:
    waited, error = refusing(status, message, times=1)
    assert waited == 0.0
    assert str(error) == f"Service a/b: the API server answered {status} R: {message}"


def test_patience_ends_after_90_seconds() -> None:
    waited, error = refusing(500, WEBHOOK, times=1000)
    assert waited == 90.0
    assert error is not None
