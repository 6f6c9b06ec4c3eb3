"""A worker follows its leader: it stays while the leader takes connections, then it goes."""

from __future__ import annotations

import os
import signal
import socket
import time

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.leaving import (
    FOLLOW_LEADER,
    worker_lifecycle,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

from tests.unit.plugins.module_utils.manifests.groups import LAB


class WentError(Exception):
    """The script signalled a process."""


def test_the_command_asks_the_port_that_the_leader_serves() -> None:
    group = ServingGroupSpec.parse(LAB)
    command = worker_lifecycle(group)["lifecycle"]["preStop"]["exec"]["command"]
    assert command[:2] == ["python3", "-c"]
    assert f'(os.environ["LWS_LEADER_ADDRESS"], {group.serving_port})' in command[2]


def test_a_worker_stays_while_its_leader_listens_and_then_ends_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leader = socket.create_server(("127.0.0.1", 0))
    sleeps: list[float] = []
    sent: list[tuple[int, int]] = []

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        if len(sleeps) == 3:
            leader.close()

    def kill(process: int, number: int) -> None:
        sent.append((process, number))
        raise WentError

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(os, "kill", kill)
    monkeypatch.setenv("LWS_LEADER_ADDRESS", "127.0.0.1")
    script = FOLLOW_LEADER.format(port=leader.getsockname()[1])
    with pytest.raises(WentError):
        exec(compile(script, "preStop", "exec"), {})  # noqa: S102  the text that the pod runs
    assert sleeps == [1, 1, 1]
    assert sent == [(1, signal.SIGQUIT)]
