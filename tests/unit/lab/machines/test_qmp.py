"""The socket's protocol, spoken with a server of the test's own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.hosts.errors import LabError
from lab.machines import qmp

Reply = Callable[[dict[str, Any]], list[dict[str, Any]]]


@contextmanager
def server(path: Path, reply: Reply, greeting: dict[str, Any] | None = None) -> Iterator[None]:
    """Answer each command of one connection with the lines that ``reply`` returns."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rw") as stream:
                for line in [greeting] if greeting else []:
                    stream.write(json.dumps(line) + "\n")
                stream.flush()
                for command in stream:
                    for answer in reply(json.loads(command)):
                        stream.write(json.dumps(answer) + "\n")
                    stream.flush()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(5)


def test_events_are_passed_over(tmp_path: Path) -> None:
    answers: list[dict[str, Any]] = [{"event": "RESUME"}, {"return": {"status": "running"}}]
    path = tmp_path / "qmp"
    greeting: dict[str, Any] = {"QMP": {}}

    def reply(asked: dict[str, Any]) -> list[dict[str, Any]]:
        return answers if asked["execute"] == "query-status" else [{"return": {}}]

    with server(path, reply, greeting), qmp.monitor(path) as monitor:
        assert monitor.ask("query-status") == {"status": "running"}


def test_an_error_names_the_command_and_what_qemu_says(tmp_path: Path) -> None:
    path = tmp_path / "qmp"
    with (
        server(path, lambda _: [{"error": {"desc": "no such thing"}}]),
        qmp.channel(path) as channel,
        pytest.raises(LabError, match="cont: no such thing"),
    ):
        channel.ask("cont")


def test_answers_to_commands_of_earlier_connections_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "agent"

    def reply(asked: dict[str, Any]) -> list[dict[str, Any]]:
        if asked["execute"] == "guest-sync":
            return [{"return": {}}, {"return": 1}, {"return": asked["arguments"]["id"]}]
        return [{"return": "new"}]

    with server(path, reply), qmp.channel(path) as channel:
        channel.synchronise()
        assert channel.ask("guest-get-host-name") == "new"


def test_a_socket_that_nobody_listens_on_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="No such file"), qmp.channel(tmp_path / "none"):
        pass
