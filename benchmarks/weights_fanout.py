"""How long one model takes to reach N nodes, as a ratio to the wire, and what the source sends.

python benchmarks/weights_fanout.py [--nodes 1 4 8] [--megabytes 400] [--rate 100]
    [--slow-node 0.5] [--racks 1] [--uplink 0] [--parallel 8] [--directory /dev/shm]

Network namespaces with shaped links on this machine, a real nginx on the source and on each node,
and model_weights itself on each node: a run ends when the last node has verified and published.
With the largest N, one node then gets a share of the speed, once with its rate known and once not,
and curl, rsync and aria2 fetch a part of the model from the one source.

``to wire`` is the last node's time to size / link rate: the headers of TCP alone make 1.05.
``copies`` is what the source sent to the size, ``CPU`` seconds for each GiB and node (relays and
model_weights, or the tool; not the source). ``load`` is the machine's load average before and
after, ``idle`` its CPU's idle share meanwhile: without idle time the CPU was measured, not the
link. All nodes share the disk that --directory is on. Wants root, iproute2 and nginx.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / ".collections")]

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (  # noqa: E402
    FanOutNode,
)

from benchmarks.shaped_network import Host, shaped_network  # noqa: E402
from benchmarks.weights_engines import (  # noqa: E402
    SOURCE,
    TOOLS,
    Bench,
    Outcome,
    chain,
    nginx,
    source_configuration,
)
from benchmarks.weights_model import NAME, SHARDS, bytes_of, make_model  # noqa: E402

# The tools get this part of the model: their ratio does not depend on its size, and they take as
# many times the wire as there are nodes. So does a node of a tenth of the speed.
PART = 4
NEEDED = ("ip", "tc", "ss", "nginx")
GIB = 2**30
# What issue 5 of the project asks for, by the number of nodes, and of the others than a slow node.
TARGETS = {1: "1.10", 4: "1.10", 8: "1.10", 32: "1.15"}
SLOW_TARGET = "1.30"


@dataclass(frozen=True)
class Setting:
    """What all runs have in common: rates in bytes/s, files at a time, racks of equal size."""

    rate: float
    racks: int
    uplink: float
    parallel: int


@dataclass(frozen=True)
class Case:
    """One run: ``slow`` is the share of the speed that the middle node has (1: all the same)."""

    label: str
    bring: Callable[[Bench], Outcome]
    model: Path
    number: int
    slow: float = 1.0
    known: bool = True

    @property
    def names(self) -> list[str]:
        """The nodes."""
        return [f"n{place}" for place in range(1, self.number + 1)]

    @property
    def slow_name(self) -> str:
        """The middle node."""
        return f"n{(self.number + 1) // 2}"


@dataclass(frozen=True)
class Figures:
    """A run's outcome, payload bytes that the source sent, load averages and idle share."""

    outcome: Outcome
    sent: int
    load: tuple[float, float]
    idle: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every case and print a line for each."""
    options = parser().parse_args(arguments)
    missing = [command for command in NEEDED if shutil.which(command) is None]
    if missing:
        sys.exit(f"{', '.join(missing)} not found; install iproute2 and nginx")
    megabit = 1e6 / 8
    setting = Setting(
        options.rate * megabit, options.racks, options.uplink * megabit, options.parallel
    )
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        Path(directory).chmod(0o755)
        size = options.megabytes * 10**6
        model = make_model(Path(directory) / NAME, size)
        part = make_model(Path(directory) / "part" / NAME, size // PART)
        print(f"{size / 1e6:g} MB in {SHARDS} files below {options.directory}, {setting}")
        print(header(), flush=True)
        for case in cases(model, part, options.nodes, options.slow_node):
            for text in lines(case, setting, measure(case, setting)):
                print(text, flush=True)
        for name, tool in TOOLS.items():
            if shutil.which(tool.command) is None:
                print(f"{name}: not measured, {tool.command} is not installed")


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
    made.add_argument("--uplink", type=float, default=0, help="Mbit/s of a rack (0: its links')")
    made.add_argument("--parallel", type=int, default=8, help="files at a time")
    made.add_argument("--directory", default=tempfile.gettempdir())
    return made


def cases(
    model: Path, part: Path, sizes: Sequence[int], slow_shares: Sequence[float]
) -> Iterator[Case]:
    """What is to be run."""
    yield from (Case("chain", chain, model, number) for number in sizes)
    most = max(sizes)
    for share in slow_shares if most > 1 else ():
        slowed = model if share * PART > 1 else part
        yield Case("chain", chain, slowed, most, share)
        yield Case("chain, rates not known", chain, slowed, most, share, known=False)
    for name, tool in TOOLS.items():
        if shutil.which(tool.command) is not None:
            yield Case(name, tool.bring, part, most)


def measure(case: Case, setting: Setting) -> Figures:
    """Run a case on a network of its own."""
    nodes = tuple(planned(case, setting))
    rate = dict.fromkeys(case.names, setting.rate)
    rate[case.slow_name] *= case.slow
    hosts = {node.name: Host(rate[node.name], node.rack) for node in nodes}
    uplink = setting.uplink or setting.rate * len(nodes)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=case.model.parent)))
        directory.chmod(0o755)
        network = stack.enter_context(shaped_network({SOURCE: Host(setting.rate), **hosts}, uplink))
        bench = Bench(network, directory, case.model, nodes, setting.parallel)
        stack.enter_context(nginx(bench, SOURCE, source_configuration(bench)))
        sent, load, ticks = network.sent_bytes(SOURCE), os.getloadavg()[0], cpu_ticks()
        outcome = case.bring(bench)
        spent = [after - before for before, after in zip(ticks, cpu_ticks(), strict=True)]
        return Figures(
            outcome,
            network.sent_bytes(SOURCE) - sent,
            (load, os.getloadavg()[0]),
            spent[3] / sum(spent),
        )


def planned(case: Case, setting: Setting) -> Iterator[FanOutNode]:
    """The nodes as the planner is told of them: rates of all links, or of none."""
    for place, name in enumerate(case.names):
        rack = f"r{place * setting.racks // case.number}" if setting.racks > 1 else ""
        share = case.slow if name == case.slow_name else 1.0
        yield FanOutNode(name, rack, setting.rate * share if case.known else None)


def cpu_ticks() -> list[int]:
    """What the machine's processors did so far, in ticks; the fourth is idle (proc(5))."""
    return [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]


def header() -> str:
    """What stands above the lines."""
    return (
        f"{'':36} {'nodes':>5} {'to wire':>7} {'target':>6} {'copies':>6} {'seconds':>7} "
        f"{'CPU':>5} {'retries':>7} {'load':>11} {'idle':>5}"
    )


def lines(case: Case, setting: Setting, figures: Figures) -> Iterator[str]:
    """The lines of a case: of all nodes, or of the slow one and of the others."""
    if case.slow == 1:
        target = TARGETS.get(case.number, "") if case.bring is chain else ""
        yield line(case, figures, (case.label, target), case.names, setting.rate)
        return
    slow = case.slow_name
    others = [name for name in case.names if name != slow]
    label = f"{case.label}: others than {slow}"
    yield line(case, figures, (label, SLOW_TARGET), others, setting.rate)
    label = f"{case.label}: {slow} at {case.slow:g}, own wire"
    yield line(case, figures, (label, ""), [slow], setting.rate * case.slow)


def line(
    case: Case, figures: Figures, shown: tuple[str, str], names: Iterable[str], rate: float
) -> str:
    """A line of the table: how long the last of these nodes took."""
    size, outcome = bytes_of(case.model), figures.outcome
    seconds = max(outcome.seconds[name] for name in names)
    cpu = outcome.cpu_seconds / (size / GIB * case.number)
    load = f"{figures.load[0]:.1f}-{figures.load[1]:.1f}"
    return (
        f"{shown[0]:36} {case.number:5} {seconds * rate / size:7.2f} {shown[1]:>6} "
        f"{figures.sent / size:6.2f} {seconds:7.1f} {cpu:5.1f} {outcome.retries:7} "
        f"{load:>11} {figures.idle:5.0%}"
    )


if __name__ == "__main__":
    main()
