"""A source that is down for a while, and one that is down for good; the clock is scaled."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    UnreachableError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    run,
    web_server,
    weights_of,
)
from tests.unit.plugins.module_utils.weights.scrubs import holds, rot, scrub

SHARD = SHARDS[0]


class Outage:
    """A source that stops to listen when a run first waits, and comes back on the same port."""

    def __init__(self, model: Model, seconds: float) -> None:
        self.model = model
        self.seconds = seconds
        self.waited = 0.0
        self.stack = ExitStack()
        self.server = self.stack.enter_context(web_server(model.path))
        self.server.faults[SHARD] = [Fault("die", 70_000)]

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.waited, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        if not self.waited:
            self.stack.close()
        before, self.waited = self.waited, self.waited + seconds
        if before < self.seconds <= self.waited:
            self.come_back()

    def come_back(self) -> None:
        self.server = self.stack.enter_context(web_server(self.model.path, self.port))


def test_a_source_that_is_down_for_ten_seconds_is_waited_for(model: Model, root: Path) -> None:
    outage = Outage(model, 10)
    with outage.stack:
        weights = weights_of(run(root, outage.server.url, clock=outage.clock, parallel=1))
        assert (SHARD, "bytes=70000-") in outage.server.asked("GET")
    assert 10 <= outage.waited < 30
    assert weights["fetched_bytes"] == model.size
    assert holds(root / model.version, model)


def test_a_source_that_is_down_for_good_is_an_error_and_what_landed_is_kept(
    model: Model, root: Path
) -> None:
    outage = Outage(model, 1e9)
    url = outage.server.url
    with outage.stack:
        with pytest.raises(UnreachableError, match=r"no answer .*Connection refused") as caught:
            run(root, url, clock=outage.clock, parallel=1)
        assert caught.value.details["attempts"] == 4
        assert outage.waited == 21
        assert not (root / "m").is_symlink()
        outage.come_back()
        weights = weights_of(run(root, url))
    assert weights["resumed_bytes"] == 70_000
    assert holds(root / model.version, model)


def test_a_scrub_waits_for_its_source_too(model: Model, root: Path) -> None:
    run(root, model.url)
    rot(root / model.version / SHARD)
    outage = Outage(model, 10)
    with outage.stack:
        wrong, _said = scrub(root, outage.server.url, clock=outage.clock, retries=3)
    assert wrong == ()
    assert holds(root / model.version, model)
