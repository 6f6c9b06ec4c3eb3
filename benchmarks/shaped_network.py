"""Hosts in network namespaces, every link shaped both ways: one machine, real TCP.

Hosts without a rack are on one bridge; every rack has a bridge of its own behind an up-link.
"""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NETWORK = ipaddress.IPv4Network("10.79.9.0/24")
FIRST_ADDRESS = 11
# Ethernet, IPv4 and TCP with timestamps: what each packet has beside its payload.
HEADER_BYTES = 14 + 20 + 32
CORE = "core"
CONGESTION_CONTROL = Path("/proc/sys/net/ipv4/tcp_congestion_control")
AVAILABLE = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")


@dataclass(frozen=True)
class Host:
    """A host's link in bytes/s, and its rack; without one it is where the racks meet."""

    rate: float
    rack: str = ""


@dataclass(frozen=True)
class ShapedNetwork:
    """Hosts by name, each with the address of its place; ``uplink`` of each rack in bytes/s."""

    prefix: str
    hosts: Mapping[str, Host]
    uplink: float

    def address(self, host: str) -> str:
        """The host's address."""
        return str(NETWORK[FIRST_ADDRESS + list(self.hosts).index(host)])

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """A command line that runs on a host."""
        return ["ip", "netns", "exec", self._namespace(host), *argv]

    def start(self, host: str, argv: Sequence[str], **options: Any) -> subprocess.Popen[str]:
        """Start a process on a host."""
        return subprocess.Popen(self.command(host, argv), text=True, **options)

    def sent_bytes(self, host: str) -> int:
        """Payload bytes that a host has sent."""
        argv = ["tc", "-s", "-j", "qdisc", "show", "dev", "eth0"]
        found = json.loads(run(self.command(host, argv)))[0]
        return int(found["bytes"]) - HEADER_BYTES * int(found["packets"])

    def up(self) -> None:
        """Make the bridges, the hosts and their links."""
        self._add_bridge(CORE)
        for rack in self._racks():
            self._add_bridge(rack)
            self._link(rack, "up0", CORE, self.uplink)
            run(["ip", "-n", self._namespace(rack), "link", "set", "up0", "master", "br0"])
        for host, link in self.hosts.items():
            self._add(host, link)

    def down(self) -> None:
        """Remove what exists of them, and end what still runs on the hosts."""
        there = run(["ip", "netns", "list"]).split()
        for name in (*self.hosts, *self._racks(), CORE):
            namespace = self._namespace(name)
            if namespace in there:
                for process in run(["ip", "netns", "pids", namespace]).split():
                    with suppress(ProcessLookupError):
                        os.kill(int(process), signal.SIGKILL)
                run(["ip", "netns", "del", namespace])

    def _racks(self) -> list[str]:
        return sorted({host.rack for host in self.hosts.values() if host.rack})

    def _namespace(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def _add_bridge(self, name: str) -> None:
        run(["ip", "netns", "add", self._namespace(name)])
        run(["ip", "-n", self._namespace(name), "link", "add", "br0", "type", "bridge"])
        run(["ip", "-n", self._namespace(name), "link", "set", "br0", "up"])

    def _add(self, host: str, link: Host) -> None:
        inside = self._namespace(host)
        run(["ip", "netns", "add", inside])
        self._link(host, "eth0", link.rack or CORE, link.rate)
        address = f"{self.address(host)}/{NETWORK.prefixlen}"
        run(["ip", "-n", inside, "address", "add", address, "dev", "eth0"])
        run(["ip", "-n", inside, "link", "set", "lo", "up"])

    def _link(self, name: str, device: str, bridge: str, rate: float) -> None:
        """A link of a rate between a host's or a rack's device and a bridge."""
        inside, outside = self._namespace(name), self._namespace(bridge)
        port = f"to-{name}"
        peer = ["peer", "name", port, "netns", outside]
        run(["ip", "-n", inside, "link", "add", device, "type", "veth", *peer])
        run(["ip", "-n", outside, "link", "set", port, "master", "br0"])
        for namespace, end in ((inside, device), (outside, port)):
            run(["ip", "-n", namespace, "link", "set", end, "up"])
            run(["tc", "-n", namespace, "qdisc", "add", "dev", end, "root", *shape(rate)])


def shape(bytes_per_second: float) -> list[str]:
    """Arguments of tc for a token bucket of a rate."""
    rate = f"{round(8 * bytes_per_second)}bit"
    return ["tbf", "rate", rate, "burst", "64kb", "latency", "50ms"]


@contextmanager
def shaped_network(hosts: Mapping[str, Host], uplink: float) -> Iterator[ShapedNetwork]:
    """A network of hosts, its racks' up-links of so many bytes/s; it is removed afterwards."""
    network = ShapedNetwork(f"fanout{os.getpid()}", hosts, uplink)
    try:
        network.up()
        yield network
    finally:
        network.down()


def congestion_controls() -> list[str]:
    """What the machine's kernel has."""
    return AVAILABLE.read_text(encoding="ascii").split()


@contextmanager
def congestion_control(name: str) -> Iterator[None]:
    """TCP's congestion control of the machine, which new namespaces take; then as it was before."""
    before = CONGESTION_CONTROL.read_text(encoding="ascii")
    CONGESTION_CONTROL.write_text(name, encoding="ascii")
    try:
        yield
    finally:
        CONGESTION_CONTROL.write_text(before, encoding="ascii")


def run(argv: Sequence[str]) -> str:
    """Output of a command; raises CalledProcessError."""
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout
