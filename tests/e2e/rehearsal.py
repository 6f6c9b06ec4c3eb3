"""The site of the lab that `make lab` boots, and what its hosts hold."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab_driver import DEFAULT_LAB, ROOT, Site

SITE = Site(lab_file=DEFAULT_LAB, directory=ROOT)
HOSTS = ("cp1", "node1", "node2")
ENDPOINT = f"http://{SITE.addresses['node1']}:30080"


def host_state(host: str) -> dict[str, str]:
    """What a host has: its package list and a checksum of each file of /etc."""
    packages = SITE.on(host, "dpkg-query --show --showformat '${Package} ${Version} ${Status}\\n'")
    files = SITE.on(host, "find /etc -type f -exec sha256sum {} +")
    links = SITE.on(host, "find /etc -type l -printf '%p -> %l\\n'")
    return {
        "packages": "\n".join(sorted(packages.splitlines())),
        "etc": "\n".join(sorted((files + links).splitlines())),
    }


def difference(before: str, after: str) -> Sequence[str]:
    """Lines that only one of two texts has, marked - and +."""
    old, new = set(before.splitlines()), set(after.splitlines())
    return [f"- {line}" for line in sorted(old - new)] + [f"+ {line}" for line in sorted(new - old)]
