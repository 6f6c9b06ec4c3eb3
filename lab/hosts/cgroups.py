"""A cgroup directory of its own for each host in every hierarchy, named by its handle.

nspawn run elsewhere would put all hosts into the same ``payload`` directory; and the directory's
name is how processes are found whose launcher was killed.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lab.hosts.errors import LabError
from lab.hosts.names import Handle

GIB = 1024**3
KILL_SECONDS = 20.0
# Version 2 lets no group hold both processes and children with controllers: a host's group has two
# leaves, one for what starts the host and one for the host.
LAUNCHER = "launcher"
MACHINE = "machine"
ENTER = 'while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift; exec "$@"'


@dataclass(frozen=True)
class Hierarchy:
    """One mounted cgroup hierarchy and where hosts go in it.

    ``controllers`` is empty for version 2; ``alone`` tells version 2 without version 1 beside it.
    """

    controllers: frozenset[str]
    mount: Path
    parent: Path
    alone: bool = False

    @property
    def unified(self) -> bool:
        return not self.controllers


def hierarchies() -> tuple[Hierarchy, ...]:
    """Return the hierarchies of this machine in the order of their mounts."""
    mountinfo = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    own = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    return parse_hierarchies(mountinfo.splitlines(), own.splitlines())


def parse_hierarchies(mountinfo: Iterable[str], own: Iterable[str]) -> tuple[Hierarchy, ...]:
    """Join the kernel's ``mountinfo`` and ``cgroup`` lines of a process.

    Version 1 and the empty version 2 tree beside it: below the process's own group, whose limits
    then hold. Version 2 alone: at the mount's root, the only group that may hold both processes
    and children with controllers.
    """
    groups = {}
    for line in own:
        _, controllers, path = line.split(":", 2)
        groups[frozenset(filter(None, controllers.split(",")))] = path
    mounts = {}
    for line in mountinfo:
        before, after = line.split(" - ", 1)
        root, mount = before.split()[3:5]
        kind, _, options = after.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            held = frozenset(options.split(",")) if kind == "cgroup" else frozenset()
            found = next((g for g in groups if g <= held and bool(g) == bool(held)), None)
            if found is not None and found not in mounts:
                mounts[found] = (root, Path(mount))
    alone = set(mounts) == {frozenset()}
    return tuple(
        Hierarchy(group, mount, mount if alone else mount / _below(root, groups[group]), alone)
        for group, (root, mount) in mounts.items()
    )


def create(parents: Iterable[Hierarchy], handle: Handle, memory_gib: float) -> tuple[Path, ...]:
    """Make the host's directories, limited to ``memory_gib`` GiB (0: no limit); return them.

    Existing ones are kept. Raises LabError where the kernel refuses.
    """
    return tuple(_create_one(hierarchy, str(handle), memory_gib) for hierarchy in parents)


def enter_argv(directories: Iterable[Path], argv: Iterable[str]) -> list[str]:
    """Return the command that joins ``directories`` and then becomes ``argv``.

    It fails without starting anything when a directory is gone.
    """
    files = [str(directory / "cgroup.procs") for directory in directories]
    return ["sh", "-ec", ENTER, "sh", *files, "--", *argv]


def leaf(directory: Path, name: str) -> Path:
    """Return where processes of ``directory`` go: its leaf ``name``, or itself in version 1."""
    return directory / name if (directory / "cgroup.controllers").exists() else directory


def find(parents: Iterable[Hierarchy]) -> dict[Handle, tuple[Path, ...]]:
    """Return every directory on the machine that carries a handle, by handle."""
    found: dict[Handle, list[Path]] = {}
    for hierarchy in parents:
        for top, children, _ in os.walk(hierarchy.mount):
            for child in list(children):
                handle = Handle.parse(child)
                if handle:
                    children.remove(child)
                    found.setdefault(handle, []).append(Path(top, child))
    return {handle: tuple(paths) for handle, paths in found.items()}


def processes(directories: Iterable[Path]) -> set[int]:
    """Return the ids of all processes in ``directories`` and below."""
    return {pid for directory in directories for pid in _pids(directory)}


def kill(directories: Iterable[Path], *, spare: int = 0) -> None:
    """Kill all processes in ``directories`` and below, except ``spare``; return when none is left.

    Raises LabError that names those which outlive KILL_SECONDS.
    """
    groups = tuple(directories)
    deadline = time.monotonic() + KILL_SECONDS
    killed: set[int] = set()
    while found := (processes(groups) - {spare}) | {pid for pid in killed if is_alive(pid)}:
        if time.monotonic() > deadline:
            raise LabError(f"processes {sorted(found)} survive SIGKILL in {groups[0]}")
        for pid in found - killed:
            kill_process(pid)
        killed |= found
        time.sleep(0.02)


def kill_process(pid: int) -> None:
    """Send SIGKILL to ``pid``; one that is gone already is no error."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def is_alive(pid: int) -> bool:
    """Return whether ``pid`` still runs; one that only waits for its parent to take note does not.

    A process leaves its group when it begins to exit, and the first one of a host ends last.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def empty(directory: Path) -> None:
    """Remove all groups below the host's part of ``directory``; they hold no process any more."""
    for top, children, _ in os.walk(leaf(directory, MACHINE), topdown=False):
        for child in children:
            _rmdir(Path(top, child))


def remove(directory: Path) -> None:
    """Remove ``directory`` and all groups below it; they hold no process any more."""
    for top, children, _ in os.walk(directory, topdown=False):
        for child in children:
            _rmdir(Path(top, child))
    _rmdir(directory)


def memory_bytes(directories: Iterable[Path]) -> int:
    """Return the bytes of memory that the host's group is charged for, page cache included."""
    for directory in directories:
        for name in ("memory.usage_in_bytes", "memory.current"):
            if (directory / name).exists():
                return int((directory / name).read_text())
    return 0


def _create_one(hierarchy: Hierarchy, name: str, memory_gib: float) -> Path:
    directory = hierarchy.parent / name
    try:
        directory.mkdir(exist_ok=True)
        if "cpuset" in hierarchy.controllers:
            for setting in ("cpuset.cpus", "cpuset.mems"):
                (directory / setting).write_text((hierarchy.parent / setting).read_text())
        if hierarchy.unified:
            for leaf in (LAUNCHER, MACHINE):
                (directory / leaf).mkdir(exist_ok=True)
        if hierarchy.alone:
            _delegate(hierarchy.parent)
            _delegate(directory)
        limit = directory / ("memory.max" if hierarchy.unified else "memory.limit_in_bytes")
        if limit.exists():
            limit.write_text(str(int(memory_gib * GIB)) if memory_gib else _unlimited(hierarchy))
    except OSError as error:
        raise LabError(
            f"cgroup {directory}: {error.strerror}; the lab needs to write there"
        ) from error
    return directory


def _delegate(parent: Path) -> None:
    """Hand all of the parent's controllers down, which version 2 does not do by itself."""
    offered = (parent / "cgroup.controllers").read_text().split()
    (parent / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in offered))


def _unlimited(hierarchy: Hierarchy) -> str:
    return "max" if hierarchy.unified else "-1"


def _below(root: str, group: str) -> PurePosixPath:
    path = PurePosixPath(group)
    return path.relative_to(root) if path.is_relative_to(root) else path.relative_to("/")


def _pids(directory: Path) -> Iterator[int]:
    for top, _, files in os.walk(directory):
        if "cgroup.procs" in files:
            try:
                yield from map(int, Path(top, "cgroup.procs").read_text().split())
            except OSError:  # the group went away, or is of a kind that lists only threads
                continue


def _rmdir(directory: Path) -> None:
    deadline = time.monotonic() + KILL_SECONDS
    while True:
        try:
            directory.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise LabError(f"cgroup {directory} cannot be removed: {error.strerror}") from error
            time.sleep(0.02)
        else:
            return
