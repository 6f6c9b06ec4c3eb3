# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IPv4 addresses and routes of the host, from /proc alone."""

from __future__ import annotations

import ipaddress
import re

# Metric of the route to the Services that role kubernetes_node makes (its route.service.j2): how a
# second run tells that route from one of the site's own.
SERVICE_ROUTE_METRIC = "9696"
LOCAL_ADDRESS = re.compile(r"\|--\s+(\S+)\s*\n\s+/32 host LOCAL")


def routes(table: str) -> list[dict[str, str]]:
    """C(interface) and C(network) of each route in the text of /proc/net/route.

    The default route is left out: it says nothing about which networks are taken. So is the route
    to the Services that this collection made.
    """
    found = []
    for row in (line.split() for line in table.splitlines()[1:]):
        if len(row) < 8 or row[1] == row[7] == "00000000":
            continue
        if row[6] == SERVICE_ROUTE_METRIC:
            continue
        network = ipaddress.ip_network(f"{_address(row[1])}/{_address(row[7])}", strict=False)
        found.append({"interface": row[0], "network": str(network)})
    return found


def addresses(trie: str) -> list[str]:
    """The host's own IPv4 addresses in the text of /proc/net/fib_trie, loopback left out."""
    found = {ipaddress.ip_address(text) for text in LOCAL_ADDRESS.findall(trie)}
    return [str(address) for address in sorted(found, key=int) if not address.is_loopback]


def _address(digits: str) -> str:
    """ "000A4F0A" to "10.79.10.0": the kernel prints the word in little-endian order."""
    return str(ipaddress.IPv4Address(bytes.fromhex(digits)[::-1]))
