"""How a lab's hosts are, asked of the system at the moment of the question."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from lab.hosts import cgroups, gateway, names, ssh, traces
from lab.hosts.definition import Lab
from lab.hosts.names import Handle
from lab.hosts.paths import Cache

SCHEMA = 1
SUPERVISOR = "lab.hosts.supervisor"
SSH_SECONDS = 1.0


@dataclass(frozen=True)
class HostStatus:
    """One host: ``state`` is running, orphaned (its supervisor is dead), stopped or absent;

    ``ssh`` whether its server greets, ``memory_bytes`` what its cgroup is charged for.
    """

    name: str
    address: str
    state: str
    ssh: bool
    memory_bytes: int


@dataclass(frozen=True)
class LabStatus:
    """A lab and the files that lead into it."""

    name: str
    network: str
    bridge: str
    online: bool
    ssh_key: str
    known_hosts: str
    hosts: tuple[HostStatus, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}


def collect(cache: Cache, lab: Lab) -> LabStatus:
    """Return how ``lab`` is now."""
    groups = cgroups.find(cgroups.hierarchies())
    with ThreadPoolExecutor(len(lab.hosts)) as pool:
        answers = pool.map(lambda host: ssh.answers(host.address, SSH_SECONDS), lab.hosts)
        greets = dict(zip(lab.hosts, answers, strict=True))
    return LabStatus(
        name=lab.name,
        network=str(lab.network),
        bridge=names.bridge(lab.name),
        online=gateway.is_up(lab),
        ssh_key=str(cache.ssh_key),
        known_hosts=str(cache.lab(lab.name).known_hosts),
        hosts=tuple(
            HostStatus(
                name=host.name,
                address=str(host.address),
                state=state(
                    cgroups.processes(groups.get(lab.handle(host), ())),
                    cache.lab(lab.name).host(host.name).root.exists(),
                ),
                ssh=greets[host],
                memory_bytes=cgroups.memory_bytes(groups.get(lab.handle(host), ())),
            )
            for host in lab.hosts
        ),
    )


def is_running(handle: Handle) -> bool:
    """Return whether the host's supervisor lives."""
    processes = cgroups.processes(cgroups.find(cgroups.hierarchies()).get(handle, ()))
    return any(SUPERVISOR in traces.arguments(pid) for pid in processes)


def state(processes: Iterable[int], files: bool) -> str:
    """Return running, orphaned, stopped or absent for a host with these processes and files."""
    running = [traces.arguments(pid) for pid in processes]
    if any(SUPERVISOR in arguments for arguments in running):
        return "running"
    if running:
        return "orphaned"
    return "stopped" if files else "absent"


def table(status: LabStatus) -> str:
    """Return ``status`` for a person."""
    reach = "with a gateway to outside" if status.online else "no route beyond its bridge"
    lines = [f"lab {status.name}: {status.network} on {status.bridge}, {reach}"]
    for host in status.hosts:
        answer = "ssh answers" if host.ssh else "no ssh"
        memory = f"{host.memory_bytes / 1024**2:.0f} MiB"
        lines.append(f"  {host.name:<12} {host.address:<16} {host.state:<9} {answer:<12} {memory}")
    return "\n".join(lines)
