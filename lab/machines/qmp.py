"""JSON over a Unix socket: QEMU's monitor and the guest agent speak the same way."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.hosts.errors import LabError

SECONDS = 60.0  # for one answer; a busy machine without acceleration is slow


class Channel:
    """An open socket; one command at a time."""

    def __init__(self, path: Path, connection: socket.socket) -> None:
        self._path = path
        self._stream = connection.makefile("rwb")

    def ask(self, command: str, **arguments: Any) -> Any:
        """Run ``command`` and return its answer; events in between are passed over.

        Raises LabError with what the other side says is wrong, or when it does not answer.
        """
        said = self._exchange({"execute": command, "arguments": arguments})
        if "error" in said:
            raise LabError(f"{self._path}: {command}: {said['error'].get('desc', said['error'])}")
        return said["return"]

    def synchronise(self) -> None:
        """Pass over answers to commands of earlier connections: the guest agent keeps them."""
        token = secrets.randbits(31)
        said = self._exchange({"execute": "guest-sync", "arguments": {"id": token}})
        while said.get("return") != token:
            said = self._read("guest-sync")

    def greeting(self) -> None:
        """Pass over the line that QEMU's monitor begins with."""
        self._read("greeting")

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        command = str(message["execute"])
        try:
            self._stream.write(json.dumps(message).encode() + b"\n")
            self._stream.flush()
        except OSError as error:
            raise LabError(f"{self._path}: {command}: {error.strerror or error}") from error
        while True:
            said = self._read(command)
            if "return" in said or "error" in said:
                return said

    def _read(self, command: str) -> dict[str, Any]:
        try:
            line = self._stream.readline()
        except OSError as error:  # a timeout is one
            raise LabError(f"{self._path}: {command}: no answer: {error}") from error
        if not line:
            raise LabError(f"{self._path}: {command}: the other side has gone")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def channel(path: Path, seconds: float = SECONDS) -> Iterator[Channel]:
    """Connect to the socket ``path``. Raises LabError where nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(str(path))
        except OSError as error:
            raise LabError(f"{path}: {error.strerror or error}") from error
        yield Channel(path, connection)


@contextmanager
def monitor(path: Path) -> Iterator[Channel]:
    """Connect to QEMU's monitor, ready for commands. Raises LabError."""
    with channel(path) as opened:
        opened.greeting()
        opened.ask("qmp_capabilities")
        yield opened
