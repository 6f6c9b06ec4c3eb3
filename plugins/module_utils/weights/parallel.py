# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do the same with many items, a few at a time, without an object for each that waits."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def work_through(
    work: Callable[[T], None], items: Iterable[T], workers: int
) -> list[BaseException]:
    """Call ``work`` with each item, ``workers`` at a time; returns what it raised.

    After an exception no further item is begun; those that are begun end as they do. An executor
    alone would hold a future of more than 1 KiB for each item from the start.
    """
    queue, lock = iter(items), threading.Lock()
    errors: list[BaseException] = []

    def take() -> list[T]:
        with lock:
            return [] if errors else list(itertools.islice(queue, 1))

    def run() -> None:
        for item in itertools.chain.from_iterable(iter(take, [])):
            try:
                work(item)
            except BaseException as error:  # noqa: BLE001  the caller raises it in its own thread
                errors.append(error)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        for _worker in range(workers):
            pool.submit(run)
    return errors


def map_parallel(work: Callable[[T], R], items: Sequence[T], workers: int) -> list[R]:
    """The results in the items' order; raises the first exception."""
    results: dict[int, R] = {}

    def keep(place: int) -> None:
        results[place] = work(items[place])

    errors = work_through(keep, range(len(items)), workers)
    if errors:
        raise errors[0]
    return [results[place] for place in range(len(items))]
