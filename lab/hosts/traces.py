"""What a lab leaves on the machine, found by name from the system itself, and its removal.

State files are not asked: they may be older than what a killed command did.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.hosts import cgroups, mounts, names, network
from lab.hosts.commands import run
from lab.hosts.errors import LabError
from lab.hosts.names import Handle
from lab.hosts.paths import Cache

LOOP_SECONDS = 10.0
_NAMED = re.compile(r"(?:--machine=|.*/)(bml\.[a-z0-9-]+\.[a-z0-9-]+)(?:(?:/\w+)?/cgroup\.procs)?")
_LOOP_FILE = re.compile(r".*/labs/(?P<lab>[a-z0-9-]+)/hosts/[a-z0-9-]+/var\.ext4")


@dataclass(frozen=True)
class Traces:
    """All that carries the name of a lab."""

    groups: dict[Handle, tuple[Path, ...]]
    processes: frozenset[int]
    links: tuple[str, ...]
    loops: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """Return how many of each kind there are, for a person."""
        return {
            "processes": len(self.processes),
            "interfaces": len(self.links),
            "loop devices": len(self.loops),
            "cgroup directories": sum(len(paths) for paths in self.groups.values()),
        }


def labs(cache: Cache) -> set[str]:
    """Return the names of all labs that have left anything on this machine or in ``cache``."""
    handles = {*cgroups.find(cgroups.hierarchies()), *_named_processes().values()}
    found = {handle.lab for handle in handles}
    for link in network.links():
        alias = Handle.parse(link.alias)
        lab = alias.lab if alias else names.lab_of_bridge(link.name)
        found |= {lab} if lab else set()
    found |= {match["lab"] for file in _loops().values() if (match := _LOOP_FILE.fullmatch(file))}
    return found | {path.name for path in cache.labs.glob("*") if path.is_dir()}


def find(lab: str) -> Traces:
    """Return what ``lab`` has left."""
    groups = {h: g for h, g in cgroups.find(cgroups.hierarchies()).items() if h.lab == lab}
    named = {pid: handle for pid, handle in _named_processes().items() if handle.lab == lab}
    inside = {pid for paths in groups.values() for pid in cgroups.processes(paths)}
    return Traces(
        groups=groups,
        processes=frozenset(inside | named.keys()),
        links=tuple(link.name for link in network.links() if _is_link_of(lab, link)),
        loops=tuple(device for device, file in _loops().items() if _is_loop_of(lab, file)),
    )


def remove(traces: Traces, root: Path) -> None:
    """Remove ``traces`` and the lab's directory ``root``. Raises LabError when something stays."""
    for pid in traces.processes:
        cgroups.kill_process(pid)
    for paths in traces.groups.values():
        _remove_groups(paths)
    for name in traces.links:
        network.remove_link(name)
    _detach_loops(traces.loops)
    _remove_tree(root)


def stop(handle: Handle) -> None:
    """End all processes of one host and remove its groups and link; its files stay."""
    for pid in (pid for pid, named in _named_processes().items() if named == handle):
        cgroups.kill_process(pid)
    _remove_groups(cgroups.find(cgroups.hierarchies()).get(handle, ()))
    network.remove_link(names.veth(handle))


def arguments(pid: int) -> tuple[str, ...]:
    """Return the command line of ``pid``, empty when it has ended."""
    try:
        return tuple(Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")[:-1])
    except OSError:
        return ()


def _remove_groups(paths: Iterable[Path]) -> None:
    directories = tuple(paths)
    if directories:
        cgroups.kill(directories)
        for directory in directories:
            cgroups.remove(directory)


def _named_processes() -> dict[int, Handle]:
    """Return processes that name a handle as their machine or as the group that they will join."""
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        pid = int(directory.name)
        for argument in arguments(pid):
            match = _NAMED.fullmatch(argument)
            handle = Handle.parse(match[1]) if match else None
            if handle:
                found[pid] = handle
    return found


def _is_link_of(lab: str, link: network.Link) -> bool:
    return _handle_lab(link.alias) == lab or names.lab_of_bridge(link.name) == lab


def _is_loop_of(lab: str, file: str) -> bool:
    match = _LOOP_FILE.fullmatch(file)
    return match is not None and match["lab"] == lab


def _handle_lab(text: str) -> str:
    handle = Handle.parse(text)
    return handle.lab if handle else ""


def _detach_loops(devices: Iterable[str]) -> None:
    """Free the loop devices; the kernel does so by itself soon after the last unmount."""
    deadline = time.monotonic() + LOOP_SECONDS
    while used := set(devices) & _loops().keys():
        if time.monotonic() > deadline:
            raise LabError(f"{', '.join(sorted(used))} in use for {LOOP_SECONDS:.0f} s after down")
        for device in used:
            subprocess.run(["losetup", "--detach", device], capture_output=True, check=False)
        time.sleep(0.05)


def _loops() -> dict[str, str]:
    """Return the file behind each loop device in use."""
    text = run(["losetup", "--json", "--list", "--output", "NAME,BACK-FILE"]).strip()
    devices = json.loads(text)["loopdevices"] if text else []
    return {entry["name"]: entry["back-file"].removesuffix(" (deleted)") for entry in devices}


def _remove_tree(root: Path) -> None:
    still = [str(m.target) for m in mounts.table() if m.target.is_relative_to(root)]
    if still:
        raise LabError(f"{root} is kept: mounted below it are still {', '.join(still)}")
    if root.exists():
        shutil.rmtree(root)
