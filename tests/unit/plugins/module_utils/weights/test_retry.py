from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    NotYetError,
    SourceError,
    TransientSourceError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock, Retry


class Attempts:
    """Fails with the errors in turn, then gives "done"."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def transient() -> TransientSourceError:
    return TransientSourceError("url", "found", "advice")


def test_pauses_grow_up_to_sixteen_seconds() -> None:
    pauses: list[float] = []
    attempts = Attempts(*(transient() for _ in range(7)))
    assert Retry(7, Clock(sleep=pauses.append)).run(attempts) == "done"
    assert pauses == [1, 4, 16, 16, 16, 16, 16]


@pytest.mark.parametrize(("retries", "made"), [(0, 1), (1, 2), (3, 4)])
def test_the_last_error_is_raised_with_the_number_of_attempts(retries: int, made: int) -> None:
    attempts = Attempts(*(transient() for _ in range(9)))
    with pytest.raises(TransientSourceError) as caught:
        Retry(retries, Clock(sleep=[0.0].append)).run(attempts)
    assert attempts.made == made
    assert caught.value.details["attempts"] == made


def test_an_error_that_time_does_not_heal_ends_at_once() -> None:
    attempts = Attempts(SourceError("url", "found", "advice"))
    with pytest.raises(SourceError, match="url: found; advice"):
        Retry(3, Clock(sleep=[0.0].append)).run(attempts)
    assert attempts.made == 1


def test_each_further_attempt_is_told() -> None:
    told: list[str] = []
    Retry(3, Clock(sleep=[0.0].append)).run(
        Attempts(transient(), transient()), lambda: told.append("again")
    )
    assert told == ["again", "again"]


def not_yet(retry_after: float = 1) -> NotYetError:
    return NotYetError("url", "found", "advice", retry_after=retry_after)


class Time:
    """A clock that only pauses advance; it keeps the pauses."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: sum(self.pauses), sleep=self.pauses.append)


def test_a_source_that_says_when_is_asked_then_and_no_attempt_is_counted() -> None:
    time = Time()
    attempts = Attempts(*(not_yet() for _ in range(5)), not_yet(99))
    assert Retry(0, time.clock, patience_seconds=60).run(attempts) == "done"
    assert time.pauses == [1, 1, 1, 1, 1, 16]


def test_patience_ends_and_the_error_is_then_one_like_any_other() -> None:
    time = Time()
    attempts = Attempts(*(not_yet() for _ in range(99)))
    with pytest.raises(NotYetError) as caught:
        Retry(1, time.clock, patience_seconds=3).run(attempts)
    assert time.pauses == [1, 1, 1, 1, 1, 1, 1]
    assert caught.value.details["attempts"] == 2
