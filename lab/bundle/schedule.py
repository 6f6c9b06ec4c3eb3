"""Building the missing parts, two at a time, each after what it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from lab.bundle.builder import BuildError, Work
from lab.bundle.store import Built, Store

# A compiler uses every core; a second part fills the time that the first spends downloading.
WORKERS = 2


def build_all(store: Store, names: Iterable[str], finish: Callable[[Work], None]) -> None:
    """Build what is missing of `names` and their needs, with a line of progress for each.

    Raises `BuildError` that holds the reasons of all parts that failed.
    """
    missing = by_depth(store.missing(names), store.needs)
    builds: dict[str, Future[Built]] = {}

    def build(name: str) -> Built:
        for need in store.needs(name):
            if need in builds:
                builds[need].result()
        started = time.monotonic()
        print(f"  {name}: started", flush=True)
        built = store.build(name, finish)
        done = sum(future.done() for future in builds.values()) + 1
        seconds = time.monotonic() - started
        print(f"[{done}/{len(missing)}] {name} {built.version}: {seconds:.1f} s", flush=True)
        return built

    with ThreadPoolExecutor(WORKERS) as pool:
        for name in missing:
            builds[name] = pool.submit(build, name)
    _raise_failures(builds)


def by_depth(names: list[str], needs: Callable[[str], tuple[str, ...]]) -> list[str]:
    """Order names so that none waits for a later one and those that wait least come first."""
    depth: dict[str, int] = {}
    for name in names:
        depth[name] = 1 + max((depth.get(need, 0) for need in needs(name)), default=0)
    return sorted(names, key=lambda name: depth[name])


def _raise_failures(builds: Mapping[str, Future[Built]]) -> None:
    reasons: dict[str, str] = {}
    for name, future in builds.items():
        error = future.exception()
        if isinstance(error, BuildError):
            reasons.setdefault(str(error), name)
        elif error is not None:
            raise error
    if reasons:
        raise BuildError("\n".join(f"part {name}: {text}" for text, name in reasons.items()))
