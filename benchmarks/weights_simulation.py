"""What chains over more nodes and racks than one machine can run should take: a simulation.

python benchmarks/weights_simulation.py [--nodes 8 64] [--racks 1 2 4 8] [--rate 10000]

The simulation (benchmarks/simulated_transfer.py) is compared with what benchmarks.weights_fanout
measured (benchmarks/weights_measured.json, made with --json); from that the costs of a hop and of
a run's start are. Then come files as DeepSeek-R1's on links of --rate Mbit/s, for each number of
nodes and racks: as the collection plans it (the head of a rack gets whole files from another rack)
and as one chain that goes through all racks. A hop's cost was measured on few and busy CPUs: for a
real node it is large.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / ".collections")]

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (  # noqa: E402
    plan_fan_out,
)

from benchmarks.simulated_transfer import Costs, Site, simulate  # noqa: E402
from benchmarks.weights_model import SHARDS  # noqa: E402
from benchmarks.weights_shape import Shape  # noqa: E402

MEASURED = Path(__file__).with_name("weights_measured.json")
MEGABIT = 1e6 / 8
# DeepSeek-R1: 163 files of 641 GiB in all.
R1_FILES = 163
R1_BYTES = 641 * 2**30
# A relay's buffers have 16 KiB and the one that fills is half full; the seconds are fitted to the
# measured points.
COSTS = Costs(hop=0.03, start=0.2, buffer=8 * 1024)


@dataclass(frozen=True)
class Point:
    """Nodes that were measured: all of a run, those beside the slow one, or that one."""

    shape: Shape
    judged: str
    bytes: int
    rate: float
    uplink: float
    parallel: int
    congestion: str
    to_wire: float
    idle: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the simulated figures beside the measured ones, and then those that were not run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--racks", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--rate", type=float, default=10000, help="Mbit/s of each link")
    parser.add_argument("--parallel", type=int, default=8, help="files at a time")
    options = parser.parse_args(arguments)
    print(f"{COSTS}; ratios of the last node's time to the wire's")
    print(f"{'measured':>8} {'simulated':>9}  of")
    for point in measured_points():
        print(f"{point.to_wire:8.2f} {simulated(point):9.2f}  {shown(point)}")
    print(f"\n{R1_FILES} files of 641 GiB, links of {options.rate:g} Mbit/s: simulated alone")
    print(f"{'nodes':>5} {'racks':>5} {'as planned':>10} {'one chain':>9} {'copies':>6}")
    for nodes, racks in itertools.product(options.nodes, options.racks):
        print(line(Shape(nodes, racks), options.rate * MEGABIT, options.parallel), flush=True)


def measured_points(path: Path = MEASURED) -> Iterator[Point]:
    """The chains that weights_fanout --json wrote down; raises OSError, KeyError."""
    for record in json.loads(path.read_text()):
        for found in record["measured"]:
            if found["label"].startswith("chain"):
                yield _point(found)


def _point(found: Mapping[str, Any]) -> Point:
    setting = found["setting"]
    return Point(
        shape=Shape(**found["shape"]),
        judged=found["judged"],
        bytes=found["bytes"],
        rate=setting["rate"],
        uplink=setting["uplink"],
        parallel=setting["parallel"],
        congestion=setting["congestion"],
        to_wire=found["to_wire"],
        idle=found["idle"],
    )


def shown(point: Point) -> str:
    """What was measured, in a few words."""
    shape = point.shape
    slow = f", one at {shape.slow:g} of the speed and {'' if shape.known else 'not '}known"
    return (
        f"{shape.nodes} nodes, {shape.racks} rack(s), {point.bytes / 1e6:.0f} MB, "
        f"{point.rate / MEGABIT:g} Mbit/s{slow if shape.slow != 1 else ''}, {point.congestion}: "
        f"{point.judged} (CPU idle {point.idle:.0%})"
    )


def simulated(point: Point, costs: Costs = COSTS) -> float:
    """The ratio to the wire that the simulation gives for a measured point."""
    shape = point.shape
    site = Site(shape.rates(point.rate), shape.racks_of, point.rate, point.uplink)
    sizes = [point.bytes / SHARDS] * SHARDS
    result = simulate(plan_fan_out(shape.told(point.rate)), site, sizes, point.parallel, costs)
    slow = {shape.slow_name} if shape.slow != 1 else set()
    names = {"all": {*shape.names}, "slow": slow, "others": {*shape.names} - slow}[point.judged]
    rate = point.rate * (shape.slow if point.judged == "slow" else 1)
    return max(result.seconds[name] for name in names) * rate / point.bytes


def line(shape: Shape, rate: float, parallel: int) -> str:
    """DeepSeek-R1 to such nodes: as planned, and as one chain through all racks."""
    site = Site(shape.rates(rate), shape.racks_of, rate, rate * shape.nodes)
    sizes = [R1_BYTES / R1_FILES] * R1_FILES
    found = [
        simulate(plan_fan_out(told.told(rate)), site, sizes, parallel, COSTS)
        for told in (shape, replace(shape, racks=1))
    ]
    ratios = [max(result.seconds.values()) * rate / R1_BYTES for result in found]
    return (
        f"{shape.nodes:5} {shape.racks:5} {ratios[0]:10.2f} {ratios[1]:9.2f} {found[0].copies:6.2f}"
    )


if __name__ == "__main__":
    main()
