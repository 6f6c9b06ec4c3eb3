"""How long one model takes to reach N nodes, as a ratio to the wire, and what the source sends.

python -m benchmarks.weights_fanout [--nodes 1 4 8] [--megabytes 200] [--megabits 100]

Network namespaces with shaped links on this machine, a real nginx on the source and on each node,
and model_weights itself on each node: a run ends when the last node has verified and published.
The ratio is to size / link rate, so 1.05 is what the headers of TCP leave of a link. With the
largest N one node then gets half the speed, and curl and rsync fetch from the one source beside it.
Wants root and nginx, iproute2, curl and rsync (Debian: nginx-light iproute2 curl rsync).
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.shaped_network import shaped_network
from benchmarks.weights_engines import (
    NAME,
    SHARDS,
    SOURCE,
    Bench,
    chain,
    curl,
    make_model,
    rsync,
    running,
    source_configuration,
)

# curl and rsync get this part of the model: their ratio does not depend on its size, and they take
# as many times the wire as there are nodes.
PART = 4
TOOLS = ("ip", "tc", "ss", "nginx", "curl", "rsync")
# What a run took: seconds for each node, and payload bytes that the source sent.
Figures = tuple[Mapping[str, float], int]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every size and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--megabits", type=float, default=100)
    options = parser.parse_args(arguments)
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        parser.error(f"{', '.join(missing)} not found; install what the first lines name")
    rate = options.megabits * 1e6 / 8
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        path, size = Path(directory), options.megabytes * 10**6
        model = make_model(path / NAME, size)
        part = make_model(path / "part" / NAME, size // PART)
        for text in lines(model, part, options.nodes, rate):
            print(text, flush=True)


def lines(model: Path, part: Path, sizes: Sequence[int], rate: float) -> Iterator[str]:
    """The table, line by line."""
    size = bytes_of(model)
    yield f"{size / 1e6:.0f} MB in {SHARDS} files, links of {rate * 8 / 1e6:g} Mbit/s"
    yield f"{'engine':32} {'nodes':>5} {'last node':>9} {'source bytes':>12}"
    for number in sizes:
        yield line("chain", number, size, rate, measure(model, number, rate, chain))
    most = max(sizes)
    if most > 1:
        seconds, sent = measure(model, most, rate, chain, slow=most // 2)
        slow = f"n{most // 2}"
        others = {node: took for node, took in seconds.items() if node != slow}
        yield line(f"chain, others than the slow {slow}", most, size, rate, (others, sent))
        own = {slow: seconds[slow]}
        yield line(f"chain, {slow} to its own wire", most, size, rate / 2, (own, sent))
    for name, engine in (("curl", curl), ("rsync", rsync)):
        figures = measure(part, most, rate, engine)
        yield line(f"{name}, 1/{PART} of the model", most, bytes_of(part), rate, figures)


def bytes_of(directory: Path) -> int:
    """Bytes of the files in a directory."""
    return sum(path.stat().st_size for path in directory.iterdir())


def line(engine: str, number: int, size: int, rate: float, figures: Figures) -> str:
    """A line of the table: the last node's ratio to the wire, the source's bytes to the size."""
    seconds, sent = figures
    ratio = max(seconds.values()) * rate / size
    return f"{engine:32} {number:5} {ratio:9.2f} {sent / size:12.2f}"


def measure(
    model: Path,
    number: int,
    rate: float,
    engine: Callable[[Bench], Mapping[str, float]],
    slow: int = 0,
) -> Figures:
    """Run an engine on a network of its own; node ``slow`` has half the rate (0: none)."""
    nodes = tuple(f"n{place}" for place in range(1, number + 1))
    rates = {SOURCE: rate, **dict.fromkeys(nodes, rate)}
    if slow:
        rates[f"n{slow}"] = rate / 2
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=model.parent)))
        directory.chmod(0o755)
        network = stack.enter_context(shaped_network(rates))
        bench = Bench(network, directory, model, nodes)
        stack.enter_context(running(bench, SOURCE, source_configuration(bench)))
        sent = network.sent_bytes(SOURCE)
        seconds = engine(bench)
        return seconds, network.sent_bytes(SOURCE) - sent


if __name__ == "__main__":
    main()
