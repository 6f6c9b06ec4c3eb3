"""What each phase of the site costs as the number of hosts grows: bare hosts, then a second run.

python -m benchmarks.phases [--hosts 3 6 10]

Boots a lab of its own for each size, two of whose hosts serve, and prints seconds per phase. The
machine should have nothing else to do; compare figures of one run only.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.lab_driver import ROOT, Site

NETWORK = ipaddress.IPv4Network("10.79.4.0/24")
FIRST_ADDRESS = 11
Figures = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, nargs="+", default=[3, 6, 10])
    sizes = parser.parse_args(arguments).hosts
    columns = {
        f"{size} hosts, {run}": figures for size in sizes for run, figures in measure(size).items()
    }
    print(table(columns))


def measure(size: int) -> dict[str, Figures]:
    """Seconds of each phase on C(size) bare hosts and in a second run on them."""
    site = make_site(size, ROOT / "artifacts" / "benchmarks" / str(size))
    site.lab("down")
    site.lab("up")
    try:
        return {run: run_site(site, run) for run in ("bare", "second run")}
    finally:
        site.lab("down")


def make_site(size: int, directory: Path) -> Site:
    """A lab file and an inventory for C(size) hosts: cp1 and workers, two of which serve."""
    directory.mkdir(parents=True, exist_ok=True)
    names = ["cp1", *(f"node{number}" for number in range(1, size))]
    addresses = {name: str(NETWORK[FIRST_ADDRESS + index]) for index, name in enumerate(names)}
    hosts = [
        {"name": name, "address": address, "base": "trixie"} for name, address in addresses.items()
    ]
    hosts[0]["bundle"] = "/srv/bundle"
    lab = {"name": f"bench{size}", "network": str(NETWORK), "hosts": hosts}
    site = Site(lab_file=directory / "lab.yml", directory=directory)
    site.lab_file.write_text(yaml.safe_dump(lab), encoding="utf-8")
    site.write_inventory()
    add_workers(site.inventory / "hosts.yml", addresses)
    return site


def add_workers(path: Path, addresses: dict[str, str]) -> None:
    """Add every host but the first to the group workers of an inventory."""
    inventory = yaml.safe_load(path.read_text(encoding="utf-8"))
    groups = inventory["all"]["children"]
    groups["workers"]["hosts"] = {name: None for name in addresses if name != "cp1"}
    groups["machines"]["hosts"] = {
        name: {"ansible_host": address} for name, address in addresses.items()
    }
    path.write_text(yaml.safe_dump(inventory), encoding="utf-8")


def run_site(site: Site, name: str) -> Figures:
    """Run the site once; seconds by phase. Raises AssertionError when it does not end well."""
    run = site.play("site", log=name.replace(" ", "-"))
    if run.status != 0:
        raise AssertionError(run.output[-3000:])
    timeline = json.loads((site.artifacts / "timeline.json").read_text(encoding="utf-8"))
    return {
        **{phase["name"]: phase["seconds"] for phase in timeline["phases"]},
        "total": run.seconds,
    }


def table(columns: dict[str, Figures]) -> str:
    """One line per phase, one column per run, seconds."""
    phases = list(next(iter(columns.values())))
    width = max(map(len, columns)) + 2
    rows = ["phase".ljust(12) + "".join(name.rjust(width) for name in columns)]
    rows += [
        phase.ljust(12)
        + "".join(f"{figures[phase]:.1f}".rjust(width) for figures in columns.values())
        for phase in phases
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    main()
