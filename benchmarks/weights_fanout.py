"""How long one model takes to reach N nodes, as a ratio to the wire, and what the source sends.

python benchmarks/weights_fanout.py [--nodes 1 4 8] [--megabytes 400] [--rate 100]
    [--slow-node 0.5] [--racks 1] [--uplink 0] [--parallel 8] [--congestion cubic]
    [--directory /tmp] [--json FILE]

Network namespaces with shaped links on this machine, a real nginx on the source and on each node,
and model_weights itself on each node: a run ends when the last node has verified and published.
With the largest N, one node then gets a share of the speed: its rate known, not known, not known
but planned anew in rounds as the role does it (without what Ansible needs between two rounds).
curl, rsync and aria2 fetch a part of the model from the one source.

``to wire`` is the last node's time to size / link rate: the headers of TCP alone make 1.05.
``copies`` is what the source sent to the size, ``CPU`` seconds for each GiB and node (relays and
model_weights, or the tool; not the source), ``MiB`` the most memory of model_weights or the tool
on a node. ``load`` is the machine's load average before and after, ``idle`` its CPU's idle share
meanwhile: where it is near 0 the machine was measured and not the links, and a lower rate tells
more. All nodes share the disk that --directory is on; /dev/shm has none. TCP's congestion control
is set for the whole machine while it measures. Wants root, iproute2 and nginx.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shaped_network import Host, congestion_control, congestion_controls, shaped_network
from benchmarks.weights_chain import chain, chain_in_rounds
from benchmarks.weights_engines import (
    SOURCE,
    TOOLS,
    Bench,
    Outcome,
    nginx,
    source_configuration,
)
from benchmarks.weights_model import NAME, SHARDS, bytes_of, make_model
from benchmarks.weights_shape import Shape

# The tools get this part of the model: their ratio does not depend on its size, and they take as
# many times the wire as there are nodes. So does a node of a tenth of the speed.
PART = 4
NEEDED = ("ip", "tc", "ss", "nginx")
GIB = 2**30
MEGABIT = 1e6 / 8
# What the project wants of the last node, by the number of nodes, and of those beside a slow one.
TARGETS = {1: 1.10, 4: 1.10, 8: 1.10, 32: 1.15}
SLOW_TARGET = 1.30
COLUMNS = (
    f"{'':58} {'nodes':>5} {'to wire':>7} {'target':>6} {'copies':>6} {'seconds':>7} {'CPU':>5} "
    f"{'MiB':>4} {'retries':>7} {'load':>11} {'idle':>5}"
)


@dataclass(frozen=True)
class Setting:
    """What all runs share: links and racks' up-links in bytes/s, files at a time, TCP's control."""

    rate: float
    uplink: float
    parallel: int
    congestion: str


@dataclass(frozen=True)
class Case:
    """One run: how the model is brought to which nodes."""

    label: str
    bring: Callable[[Bench], Outcome]
    model: Path
    shape: Shape


@dataclass(frozen=True)
class Run:
    """A run's outcome, payload bytes that the source sent, load averages and idle share."""

    outcome: Outcome
    sent: int
    load: tuple[float, float]
    idle: float


@dataclass(frozen=True)
class Figures:
    """A line of the table: all nodes of a case, or those beside the slow one, or that one."""

    label: str
    judged: str
    shape: Shape
    setting: Setting
    bytes: int
    to_wire: float
    target: float
    copies: float
    seconds: float
    cpu: float
    memory: int
    retries: int
    load: tuple[float, float]
    idle: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every case and print its lines."""
    options = parser().parse_args(arguments)
    missing = [command for command in NEEDED if shutil.which(command) is None]
    if missing:
        sys.exit(f"{', '.join(missing)} not found; install iproute2 and nginx")
    # Ended from outside, it removes what it made as it does when it fails.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    rate = options.rate * MEGABIT
    uplink = options.uplink * MEGABIT or rate * max(options.nodes)
    setting = Setting(rate, uplink, options.parallel, options.congestion)
    measured = []
    with (
        tempfile.TemporaryDirectory(dir=options.directory) as directory,
        congestion_control(options.congestion),
    ):
        Path(directory).chmod(0o755)
        print(f"{about(options)}\n{COLUMNS}", flush=True)
        for case in cases(Path(directory), options):
            for figures in judged(case, setting, measure(case, setting)):
                print(line(figures), flush=True)
                measured.append(asdict(figures))
    for name, tool in TOOLS.items():
        if shutil.which(tool.command) is None:
            print(f"{name}: not measured, {tool.command} is not installed")
    if options.json:
        write_down(Path(options.json), {"about": about(options), "measured": measured})


def write_down(path: Path, record: Mapping[str, Any]) -> None:
    """Add a run's figures to a file."""
    records = json.loads(path.read_text()) if path.exists() else []
    path.write_text(json.dumps([*records, record], indent=1) + "\n")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--nodes", type=int, nargs="+", default=[1, 4, 8])
    made.add_argument("--megabytes", type=int, default=400)
    made.add_argument("--rate", type=float, default=100, help="Mbit/s of each link")
    made.add_argument("--slow-node", type=float, nargs="*", default=[0.5], metavar="SHARE")
    made.add_argument("--racks", type=int, default=1)
    made.add_argument(
        "--uplink", type=float, default=0, help="Mbit/s of a rack (0: all its nodes')"
    )
    made.add_argument("--parallel", type=int, default=8, help="files at a time")
    made.add_argument(
        "--congestion",
        default="cubic",
        choices=congestion_controls(),
        help="control of TCP; Debian, Ubuntu and RHEL have cubic",
    )
    made.add_argument("--tools", nargs="*", default=list(TOOLS), choices=TOOLS)
    made.add_argument("--directory", default=tempfile.gettempdir())
    made.add_argument("--json", help="file that gets the figures beside those that it has")
    return made


def about(options: argparse.Namespace) -> str:
    """When, where and with what."""
    now = datetime.now(UTC).isoformat(timespec="minutes")
    machine = f"Linux {platform.release()} with {os.cpu_count()} CPUs"
    racks = f"{options.racks} rack(s), " if options.racks > 1 else ""
    return (
        f"{now}, {machine}: {options.megabytes} MB in {SHARDS} files below {options.directory}, "
        f"{racks}links of {options.rate:g} Mbit/s, {options.parallel} files at a time, "
        f"{options.congestion}"
    )


def cases(directory: Path, options: argparse.Namespace) -> Iterator[Case]:
    """What is to be run."""
    size = options.megabytes * 10**6
    model = make_model(directory / NAME, size)
    part = make_model(directory / "part" / NAME, size // PART)
    for nodes in options.nodes:
        yield Case("chain", chain, model, Shape(nodes, options.racks))
    most = max(options.nodes)
    for share in options.slow_node if most > 1 else ():
        slowed = model if share * PART > 1 else part
        shape = Shape(most, options.racks, share)
        unknown = replace(shape, known=False)
        yield Case("chain", chain, slowed, shape)
        yield Case("chain, rates not known", chain, slowed, unknown)
        yield Case("rounds, rates not known", chain_in_rounds, slowed, unknown)
    for name in options.tools:
        if shutil.which(TOOLS[name].command) is not None:
            yield Case(name, TOOLS[name].bring, part, Shape(most, options.racks))


def measure(case: Case, setting: Setting) -> Run:
    """Run a case on a network of its own."""
    shape = case.shape
    rates, racks = shape.rates(setting.rate), shape.racks_of
    hosts = {name: Host(rates[name], racks[name]) for name in shape.names}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=case.model.parent)))
        directory.chmod(0o755)
        hosts = {SOURCE: Host(setting.rate), **hosts}
        network = stack.enter_context(shaped_network(hosts, setting.uplink))
        bench = Bench(network, directory, case.model, shape.told(setting.rate), setting.parallel)
        stack.enter_context(nginx(bench, SOURCE, source_configuration(bench)))
        sent, load, ticks = network.sent_bytes(SOURCE), os.getloadavg()[0], cpu_ticks()
        outcome = case.bring(bench)
        spent = [after - before for before, after in zip(ticks, cpu_ticks(), strict=True)]
        return Run(
            outcome,
            network.sent_bytes(SOURCE) - sent,
            (load, os.getloadavg()[0]),
            spent[3] / sum(spent),
        )


def cpu_ticks() -> list[int]:
    """What the machine's processors did so far, in ticks; the fourth is idle (proc(5))."""
    return [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]


def judged(case: Case, setting: Setting, run: Run) -> Iterator[Figures]:
    """The figures of all nodes, or of those beside the slow one and of that one."""
    shape, rate = case.shape, setting.rate
    if shape.slow == 1:
        target = TARGETS.get(shape.nodes, 0.0) if case.bring is chain else 0.0
        yield figures_of(case, setting, run, ("all", shape.names, rate, target))
        return
    slow = shape.slow_name
    others = tuple(name for name in shape.names if name != slow)
    yield figures_of(case, setting, run, ("others", others, rate, SLOW_TARGET))
    yield figures_of(case, setting, run, ("slow", (slow,), rate * shape.slow, 0.0))


def figures_of(
    case: Case, setting: Setting, run: Run, of: tuple[str, Sequence[str], float, float]
) -> Figures:
    """The figures of some nodes, their wire having a rate in bytes/s."""
    judged_are, names, rate, target = of
    size = bytes_of(case.model)
    seconds = max(run.outcome.seconds[name] for name in names)
    return Figures(
        label=case.label,
        judged=judged_are,
        shape=case.shape,
        setting=setting,
        bytes=size,
        to_wire=seconds * rate / size,
        target=target,
        copies=run.sent / size,
        seconds=seconds,
        cpu=run.outcome.cpu_seconds / (size / GIB * case.shape.nodes),
        memory=run.outcome.memory,
        retries=run.outcome.retries,
        load=run.load,
        idle=run.idle,
    )


def line(figures: Figures) -> str:
    """A line of the table."""
    slow = f"one at {figures.shape.slow:g} of the speed"
    judged_are = {"all": "", "others": f", beside {slow}", "slow": f", {slow}, to its wire"}
    label = figures.label + judged_are[figures.judged]
    target = f"{figures.target:.2f}" if figures.target else ""
    load = f"{figures.load[0]:.1f}-{figures.load[1]:.1f}"
    return (
        f"{label:58} {figures.shape.nodes:5} {figures.to_wire:7.2f} {target:>6} "
        f"{figures.copies:6.2f} {figures.seconds:7.1f} {figures.cpu:5.1f} "
        f"{figures.memory / 2**20:4.0f} {figures.retries:7} {load:>11} {figures.idle:5.0%}"
    )


if __name__ == "__main__":
    main()
