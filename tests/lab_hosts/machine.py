"""What a lab could leave on, or change of, the machine: asked without any code of ``lab.hosts``."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

# Counters and random values that the kernel changes by itself.
VOLATILE = re.compile(
    r"fs\.(quota\.|dentry-state|file-nr|inode-nr|inode-state|aio-nr)|kernel\.random\.|kernel\.ns_last_pid"
    r"|kernel\.pty\.nr|net\.netfilter\.nf_conntrack_count|kernel\.perf_event_max_sample_rate"
    r"|kernel\.perf_cpu_time_max_percent|net\.ipv[46]\.(conf|neigh)\.(bml|veth)"
)


def output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def traces(lab: str, hosts: Iterable[str]) -> dict[str, list[str]]:
    """Return what carries the lab's name, by kind; an empty list where nothing does."""
    handle = f"bml.{lab}."
    ours = (handle, f"/labs/{lab}/", f"bml-{lab}")
    links = {f"bml-{lab}", *(_veth(f"{handle}{host}") for host in (*hosts, "gateway"))}
    return {
        "processes": [p for p in _processes() if any(text in p for text in ours)],
        "mounts": _matching(Path("/proc/self/mounts").read_text(), ours),
        "links": [name for name in _link_names() if name in links],
        "cgroups": output("find", "/sys/fs/cgroup", "-name", f"{handle}*").split(),
        "loops": _matching(output("losetup", "--list", "--noheadings"), ours),
        "runtime": output("find", "/run/systemd/nspawn", "-name", f"{handle}*").split(),
    }


def settings() -> dict[str, str]:
    """Return the machine's settings that a lab must leave alone."""
    return {
        **_sysctls(),
        "nftables": output("nft", "list", "ruleset"),
        "iptables": re.sub(r"^#.*$|\[\d+:\d+\]", "", output("iptables-save"), flags=re.M),
        "routes": _without_lab(output("ip", "-4", "route", "show", "table", "all")),
        "rules": output("ip", "rule"),
        "resolver": Path("/etc/resolv.conf").read_text(),
        "hosts": Path("/etc/hosts").read_text(),
        "hostname": output("hostname"),
        "cgroup controllers": output(
            "sh",
            "-c",
            "cat /sys/fs/cgroup/cgroup.subtree_control "
            "/sys/fs/cgroup/unified/cgroup.subtree_control",
        ),
    }


def changes(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return the settings that differ, each with both values."""
    return {
        name: (before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def pids(lab: str, host: str, program: str) -> list[int]:
    """Return the processes of a host, as its cgroups tell, whose command line holds ``program``."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        line = _read(directory / "cmdline").replace("\0", " ")
        if program in line and f"bml.{lab}.{host}" in _read(directory / "cgroup"):
            found.append(int(directory.name))
    return found


def _sysctls() -> dict[str, str]:
    lines = output("sysctl", "--all").splitlines()
    pairs = (line.partition(" = ") for line in lines if not VOLATILE.match(line))
    return {name: value for name, _, value in pairs}


def _processes() -> Iterable[str]:
    for directory in Path("/proc").glob("[0-9]*"):
        line = _read(directory / "cmdline").replace("\0", " ")
        zombie = ") Z " in _read(directory / "stat")  # ended; its parent has yet to take note
        if not zombie and "lab_hosts" not in line and "pytest" not in line:
            yield f"{directory.name} {line} {_read(directory / 'cgroup')}"


def _link_names() -> list[str]:
    return re.findall(r"^\d+: ([^:@]+)", output("ip", "-oneline", "link"), flags=re.M)


def _veth(handle: str) -> str:
    return f"bml{hashlib.sha256(handle.encode()).hexdigest()[:12]}"


def _matching(text: str, parts: Iterable[str]) -> list[str]:
    return [line for line in text.splitlines() if any(part in line for part in parts)]


def _without_lab(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if " bml" not in line)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
