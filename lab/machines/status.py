"""How a lab's machines are, asked of the system at the moment of the question."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab.hosts import ssh
from lab.machines import names, processes
from lab.machines.definition import Lab
from lab.machines.paths import MachineCache

SCHEMA = 1
SSH_SECONDS = 3.0
KIB = 1024


@dataclass(frozen=True)
class MachineStatus:
    """One machine: ``state`` is running, stopped or absent; ``ssh`` whether its server greets;

    ``memory_bytes`` what its QEMU process holds.
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
    ssh_key: str
    known_hosts: str
    machines: tuple[MachineStatus, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}


def collect(cache: MachineCache, lab: Lab) -> LabStatus:
    """Return how ``lab`` is now."""
    running = processes.find()
    paths = cache.lab(lab.name)
    with ThreadPoolExecutor(len(lab.machines)) as pool:
        answers = pool.map(lambda m: ssh.answers(m.address, SSH_SECONDS), lab.machines)
        greets = dict(zip(lab.machines, answers, strict=True))
    return LabStatus(
        name=lab.name,
        network=str(lab.network),
        bridge=names.bridge(lab.name),
        ssh_key=str(cache.cache.ssh_key),
        known_hosts=str(paths.known_hosts),
        machines=tuple(
            MachineStatus(
                name=machine.name,
                address=str(machine.address),
                state=state(lab.handle(machine) in running, paths.machine(machine.name).root),
                ssh=greets[machine],
                memory_bytes=_resident_bytes(running.get(lab.handle(machine))),
            )
            for machine in lab.machines
        ),
    )


def state(running: bool, files: Path) -> str:
    """Return running, stopped or absent for a machine with this process and these files."""
    if running:
        return "running"
    return "stopped" if files.exists() else "absent"


def table(status: LabStatus) -> str:
    """Return ``status`` for a person."""
    lines = [f"lab {status.name}: {status.network} on {status.bridge}"]
    for machine in status.machines:
        answer = "ssh answers" if machine.ssh else "no ssh"
        memory = f"{machine.memory_bytes / 1024**2:.0f} MiB"
        lines.append(
            f"  {machine.name:<12} {machine.address:<16} {machine.state:<9} {answer:<12} {memory}"
        )
    return "\n".join(lines)


def _resident_bytes(pid: int | None) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    lines = [line.split() for line in text.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0][1]) * KIB if lines else 0
