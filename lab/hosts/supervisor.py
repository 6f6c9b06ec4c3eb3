"""Keeps one host running: boots it, boots it again when it reboots, ends when it is powered off.

Runs as ``python -m lab.hosts.supervisor JOB``, in the host's cgroup directories and in a mount
namespace of its own, detached from whoever called ``up``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.hosts import cgroups, filesystems, names, network, nspawn
from lab.hosts.errors import LabError
from lab.hosts.names import Handle
from lab.hosts.nspawn import Bind
from lab.hosts.paths import HostPaths


@dataclass(frozen=True)
class Job:
    """All that a boot of one host needs."""

    handle: Handle
    directory: str
    base: str
    binds: tuple[Bind, ...]
    cgroups: tuple[str, ...]

    def dumps(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def loads(cls, text: str) -> Job:
        data = json.loads(text)
        return cls(
            handle=Handle(**data["handle"]),
            directory=data["directory"],
            base=data["base"],
            binds=tuple(Bind(**bind) for bind in data["binds"]),
            cgroups=tuple(data["cgroups"]),
        )


def keep_running(job: Job) -> int:
    """Boot the host until it powers off; return nspawn's exit status."""
    filesystems.mount(job.handle, HostPaths(Path(job.directory)), Path(job.base))
    status = nspawn.REBOOT_STATUS
    while status == nspawn.REBOOT_STATUS:
        _clear(job)
        status = _boot(job)
        print(f"lab: nspawn exited with {status}", flush=True)
    _clear(job)
    return status


def _clear(job: Job) -> None:
    """Remove what the last boot left: the next one is to find the state of a power-on."""
    directories = [Path(directory) for directory in job.cgroups]
    cgroups.kill(directories, spare=os.getpid())
    for directory in directories:
        cgroups.empty(directory)
    network.remove_link(names.veth(job.handle))


def _boot(job: Job) -> int:
    with _network_namespace() as pid:
        network.plug(job.handle, pid)
        leaves = [cgroups.leaf(Path(directory), cgroups.MACHINE) for directory in job.cgroups]
        tree = HostPaths(Path(job.directory)).tree
        boot = nspawn.argv(job.handle, tree, pid, job.binds)
        argv = cgroups.enter_argv(leaves, boot)
        return subprocess.run(argv, env=os.environ | nspawn.ENVIRONMENT, check=False).returncode


@contextmanager
def _network_namespace() -> Iterator[int]:
    """Yield a process whose network namespace is new; it goes with its last process, unnamed."""
    argv = ["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        if holder.stdout is None or not holder.stdout.readline():
            raise LabError("no network namespace could be made; is CAP_SYS_ADMIN missing?")
        try:
            yield holder.pid
        finally:
            holder.kill()


if __name__ == "__main__":
    try:
        sys.exit(keep_running(Job.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    except LabError as error:
        sys.exit(f"lab: {error}")
