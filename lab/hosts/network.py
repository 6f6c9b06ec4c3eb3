"""The lab's bridge and links. Nothing here touches an interface that is not the lab's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network

from lab.hosts import names
from lab.hosts.commands import run
from lab.hosts.definition import Lab
from lab.hosts.errors import LabError
from lab.hosts.names import Handle

INTERFACE = "host0"  # a host's end of its link, as systemd-nspawn calls it


@dataclass(frozen=True)
class Link:
    """An interface of the machine."""

    name: str
    alias: str
    addresses: tuple[IPv4Interface, ...]


def links() -> tuple[Link, ...]:
    """Return the machine's interfaces in the kernel's order."""
    return parse_links(run(["ip", "-details", "-json", "address", "show"]))


def parse_links(text: str) -> tuple[Link, ...]:
    """Return the interfaces of ``ip -details -json address show``."""
    return tuple(
        Link(
            name=entry["ifname"],
            alias=entry.get("ifalias", ""),
            addresses=tuple(
                IPv4Interface(f"{item['local']}/{item['prefixlen']}")
                for item in entry.get("addr_info", ())
                if item["family"] == "inet"
            ),
        )
        for entry in json.loads(text)
        if entry
    )


def ensure_bridge(lab: Lab) -> None:
    """Make the lab's bridge with the machine's address on it, unless it is there.

    Raises LabError when another interface of the machine lies in the lab's network.
    """
    name = names.bridge(lab.name)
    present = links()
    refuse_overlap(lab.network, name, present)
    address = IPv4Interface(f"{lab.machine_address}/{lab.network.prefixlen}")
    own = [link for link in present if link.name == name]
    if own and address in own[0].addresses:
        return
    _batch(
        *(f"link delete {link.name}" for link in own),  # half made, or of an older lab file
        f"link add {name} type bridge",
        f"address add {address} dev {name}",
        f"link set {name} up",
    )


def refuse_overlap(network: IPv4Network, own: str, present: tuple[Link, ...]) -> None:
    """Raise LabError when an interface other than ``own`` has an address that meets ``network``."""
    for link in present:
        for address in link.addresses:
            if link.name != own and address.network.overlaps(network):
                raise LabError(
                    f"network {network} meets {address} of interface {link.name}; "
                    "give the lab another network in its lab file"
                )


def plug(handle: Handle, namespace_pid: int) -> None:
    """Link the network namespace of process ``namespace_pid`` to the lab's bridge as INTERFACE."""
    name = names.veth(handle)
    _batch(
        f"link add {name} type veth peer name {INTERFACE} address {names.mac(handle)}"
        f" netns {namespace_pid}",
        f"link set {name} alias {handle} master {names.bridge(handle.lab)} up",
    )


def is_link(name: str) -> bool:
    return any(link.name == name for link in links())


def remove_link(name: str) -> None:
    """Remove the interface ``name`` (and with it the other end of a pair), if it is there."""
    try:
        if is_link(name):
            run(["ip", "link", "delete", name])
    except LabError:
        if is_link(name):  # the kernel removes a pair by itself when a network namespace ends
            raise


def _batch(*lines: str) -> None:
    run(["ip", "-batch", "-"], stdin="\n".join(lines) + "\n")
