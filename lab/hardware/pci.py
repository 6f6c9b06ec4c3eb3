"""A made sysfs tree of PCI functions: the lowest layer of a simulated host, and no more.

python3 pci.py ROOT TABLE   make below ROOT what a `pci.txt` table of tests/fixtures describes

It runs on lab hosts as well, so it needs the standard library alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

PCI_LINE = re.compile(
    r"/sys/devices/(?P<path>\S+) vendor=(?P<vendor>\S+) device=(?P<device>\S+) "
    r"class=(?P<class>\S+) numa=(?P<numa_node>\S+) driver=(?P<driver>\S+)"
)
NO_DRIVER = ("driver", "none")


def plant_pci(root: Path, table: str) -> Iterator[tuple[Path, str]]:
    """Make the functions of a table and their NUMA nodes; yield each one's directory and vendor."""
    nodes = {0}
    for row in PCI_LINE.finditer(table):
        entry = root / "sys/devices" / row["path"]
        for attribute in ("vendor", "device", "class", "numa_node"):
            write(entry / attribute, row[attribute])
        if row["driver"] not in NO_DRIVER:
            link(entry / "driver", root / "sys/bus/pci/drivers" / row["driver"])
        link(root / "sys/bus/pci/devices" / entry.name, entry)
        nodes.add(int(row["numa_node"]))
        yield entry, row["vendor"]
    for node in nodes - {-1}:
        (root / f"sys/devices/system/node/node{node}").mkdir(parents=True)


def write(path: Path, text: str) -> None:
    """A file with one line, as sysfs has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def link(path: Path, target: Path) -> None:
    """A link, with the directory that it leads to."""
    target.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


if __name__ == "__main__":
    for _entry in plant_pci(Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")):
        pass
