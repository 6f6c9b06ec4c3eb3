"""Hosts in network namespaces on one bridge, every link shaped both ways: one machine, real TCP."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

NETWORK = ipaddress.IPv4Network("10.79.9.0/24")
FIRST_ADDRESS = 11
# Ethernet, IPv4 and TCP with timestamps: what each packet has beside its payload.
HEADER_BYTES = 14 + 20 + 32


@dataclass(frozen=True)
class ShapedNetwork:
    """Hosts by name; each has the address of its place and the link rate that it was given."""

    prefix: str
    rates: Mapping[str, float]

    def address(self, host: str) -> str:
        """The host's address."""
        return str(NETWORK[FIRST_ADDRESS + list(self.rates).index(host)])

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
        """Make the bridge, the hosts and their links."""
        bridge = self._namespace("bridge")
        run(["ip", "netns", "add", bridge])
        run(["ip", "-n", bridge, "link", "add", "br0", "type", "bridge"])
        run(["ip", "-n", bridge, "link", "set", "br0", "up"])
        for number, (host, rate) in enumerate(self.rates.items()):
            self._add(host, rate, f"port{number}")

    def down(self) -> None:
        """Remove what exists of them."""
        there = run(["ip", "netns", "list"]).split()
        for host in (*self.rates, "bridge"):
            if self._namespace(host) in there:
                run(["ip", "netns", "del", self._namespace(host)])

    def _namespace(self, host: str) -> str:
        return f"{self.prefix}-{host}"

    def _add(self, host: str, rate: float, port: str) -> None:
        inside, bridge = self._namespace(host), self._namespace("bridge")
        run(["ip", "netns", "add", inside])
        peer = ["peer", "name", port, "netns", bridge]
        run(["ip", "-n", inside, "link", "add", "eth0", "type", "veth", *peer])
        run(["ip", "-n", bridge, "link", "set", port, "master", "br0", "up"])
        address = f"{self.address(host)}/{NETWORK.prefixlen}"
        run(["ip", "-n", inside, "address", "add", address, "dev", "eth0"])
        for link in ("lo", "eth0"):
            run(["ip", "-n", inside, "link", "set", link, "up"])
        for namespace, device in ((inside, "eth0"), (bridge, port)):
            run(["tc", "-n", namespace, "qdisc", "add", "dev", device, "root", *shape(rate)])


def shape(bytes_per_second: float) -> list[str]:
    """Arguments of tc for a token bucket of a rate."""
    rate = f"{round(8 * bytes_per_second)}bit"
    return ["tbf", "rate", rate, "burst", "64kb", "latency", "50ms"]


@contextmanager
def shaped_network(rates: Mapping[str, float]) -> Iterator[ShapedNetwork]:
    """A network with a link of so many bytes/s for each host; it is removed afterwards."""
    network = ShapedNetwork(f"fanout{os.getpid()}", rates)
    try:
        network.up()
        yield network
    finally:
        network.down()


def run(argv: Sequence[str]) -> str:
    """Output of a command; raises CalledProcessError."""
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout
