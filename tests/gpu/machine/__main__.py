"""`python3 -m machine --launches FILE --models DIR --out DIR --seconds N`; exit code 1 when a
launch failed. Its packages come from PYTHONPATH."""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from . import card
from .alternate import alternation
from .drive import Runner
from .engine import DISTRIBUTED_PORT, PORT, Place
from .launch import read_launches

PORTS = 10


def main() -> int:
    """Run the launches of a file and write one record each."""
    parser = argparse.ArgumentParser(prog="machine", description=__doc__)
    parser.add_argument("--launches", type=Path, required=True, help="file of plan_launches")
    parser.add_argument("--models", type=Path, required=True, help="a directory for each shape")
    parser.add_argument("--out", type=Path, required=True, help="where the records go")
    parser.add_argument("--seconds", type=float, required=True, help="time for all of them")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these launches, in file order")
    parser.add_argument("--first-gpu", type=int, default=0, help="count the GPUs from this one")
    parser.add_argument(
        "--alternate", type=int, default=0, metavar="ROUNDS", help="the plan and the best, in turn"
    )
    arguments = parser.parse_args()
    launches = read_launches(arguments.launches)
    chosen = [item for item in launches if not arguments.only or item.name in arguments.only]
    with tempfile.TemporaryDirectory(prefix="engine-logs-") as logs:
        place = Place(
            models=arguments.models.resolve(),
            logs=Path(logs),
            records=arguments.out,
            command=(sys.executable, "-m", "machine.waiting"),
            used_mib=partial(card.used_mib, arguments.first_gpu),
            # Apart from those of another call of this program, for another GPU.
            port=PORT + PORTS * arguments.first_gpu,
            distributed_port=DISTRIBUTED_PORT + PORTS * arguments.first_gpu,
            first_gpu=arguments.first_gpu,
        )
        runner = Runner(place, card.describe(), arguments.seconds)
        records = runner.run(chosen)
        if arguments.alternate:
            records += runner.run(list(alternation(chosen, records, arguments.alternate)))
    return 1 if any("failure" in record for record in records) else 0


if __name__ == "__main__":
    sys.exit(main())
