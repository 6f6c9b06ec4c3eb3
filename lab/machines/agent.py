"""Commands in a machine without a network: QEMU's guest agent over a serial port."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.hosts.errors import LabError
from lab.machines import qmp

POLL_SECONDS = 0.1
ANSWER_SECONDS = 2.0  # after which the agent is asked again, while the machine boots


def run(path: Path, argv: Sequence[str], *, stdin: bytes = b"", seconds: float) -> str:
    """Run ``argv`` as root in the machine whose agent listens at ``path``; return its stdout.

    Raises LabError with its output when it fails, and when it takes more than ``seconds``.
    """
    deadline = time.monotonic() + seconds
    with qmp.channel(path) as agent:
        agent.synchronise()
        started = agent.ask(
            "guest-exec",
            path=argv[0],
            arg=list(argv[1:]),
            **{"input-data": base64.b64encode(stdin).decode(), "capture-output": True},
        )
        while True:
            status = agent.ask("guest-exec-status", pid=started["pid"])
            if status["exited"]:
                break
            if time.monotonic() > deadline:
                raise LabError(f"{path}: {' '.join(argv)}: still runs after {seconds:.0f} s")
            time.sleep(POLL_SECONDS)
    out, err = (base64.b64decode(status.get(f"{name}-data", "")) for name in ("out", "err"))
    if status.get("exitcode") != 0:
        said = (err or out).decode(errors="replace").strip()
        raise LabError(f"{path}: {' '.join(argv)}: exit status {status.get('exitcode')}: {said}")
    return out.decode(errors="replace")


def wait(path: Path, seconds: float, alive: Callable[[], bool]) -> None:
    """Wait until the agent answers.

    Raises LabError after ``seconds``, or at once when ``alive`` says that the machine is gone.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            with qmp.channel(path, ANSWER_SECONDS) as agent:
                agent.synchronise()
                return
        except LabError as error:
            if not alive():
                raise LabError(f"{path}: the machine ended before its agent answered") from error
            if time.monotonic() > deadline:
                raise LabError(f"{path}: no agent after {seconds:.0f} s: {error}") from error
        time.sleep(POLL_SECONDS)
