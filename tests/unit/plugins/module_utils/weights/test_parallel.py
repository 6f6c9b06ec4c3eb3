from __future__ import annotations

import threading

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parallel import (
    map_parallel,
    work_through,
)


@pytest.mark.parametrize("workers", [1, 3, 50])
def test_results_come_in_the_items_order(workers: int) -> None:
    assert map_parallel(lambda n: n * n, range(20), workers) == [n * n for n in range(20)]


def test_nothing_to_do_is_done() -> None:
    assert map_parallel(str, [], 4) == []
    assert work_through(str, [], 4) == []  # type: ignore[arg-type]


def test_so_many_run_at_a_time_and_no_more() -> None:
    barrier = threading.Barrier(3, timeout=30)
    running: set[int] = set()
    most: list[int] = []
    lock = threading.Lock()

    def work(item: int) -> None:
        with lock:
            running.add(item)
            most.append(len(running))
        barrier.wait()
        with lock:
            running.discard(item)
        barrier.wait()

    assert work_through(work, range(9), 3) == []
    assert max(most) == 3


def test_after_an_exception_nothing_is_begun() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 2:
            raise KeyError(item)

    (error,) = work_through(work, range(1000), 1)
    assert begun == [0, 1, 2]
    assert error.args == (2,)
    with pytest.raises(KeyError):
        map_parallel(work, range(1000), 2)
