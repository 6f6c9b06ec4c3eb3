"""Mutation testing of module_utils/planning on a random sample.

`python -m tests.mutation --seed 7 --mutants 450` writes tests/mutation/last.json: the commit (whose
catalogue has mutmut's version), what was drawn, what became of each and, of those that lived, the
change. Exit code 1 when fewer than 85 % died.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.hosts.paths import Cache
from tests import environment
from tests.mutation import tree
from tests.mutation.sample import draw, interval

LAST = Path(__file__).with_name("last.json")
# mutmut names its mutants as it makes them, which it does before it tries the first: this one.
FIRST = "*.planning.text_table.x_*__mutmut_1"
DEAD = ("killed", "timeout")
LOWEST = 0.85


def main() -> int:
    """Make the tree, draw, try, record; see the module."""
    parser = argparse.ArgumentParser(prog="tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--mutants", type=int, default=450, help="how many are drawn")
    arguments = parser.parse_args()
    commit, clean = tree.git("rev-parse", "HEAD").strip(), not tree.git("status", "--porcelain")
    mutmut = Mutmut(
        environment.install(Cache.from_environment(), "mutation"), tree.ROOT / ".cache/mutation"
    )
    tree.make(mutmut.work)
    mutmut.run([FIRST])
    mutants = by_file(mutmut.results())
    drawn = draw(mutants, arguments.mutants, arguments.seed)
    mutmut.run(drawn)
    results = mutmut.results()
    record = {
        "schema": 1,
        "date": datetime.now(tz=UTC).date().isoformat(),
        "commit": commit,
        "clean": clean,
        "seed": arguments.seed,
        **figures(mutants, {name: results[name] for name in drawn}),
    }
    lived = [name for name in drawn if results[name] not in DEAD]
    record["survivors"] = {name: mutmut.change(name) for name in lived}
    LAST.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    low, high = record["interval"]
    print(f"{record['killed']} of {len(drawn)} mutants died ({record['mutants']} there are):")
    print(f"{record['share']:.1%}, of all {low:.1%} to {high:.1%} with 95 % confidence; {LAST}")
    return 0 if record["share"] >= LOWEST else 1


class Mutmut:
    """mutmut's commands in the tree `work`; `programs` holds the environment's programs."""

    def __init__(self, programs: Path, work: Path) -> None:
        self.program = str(programs / "mutmut")
        self.work = work

    def run(self, names: Sequence[str]) -> None:
        """Try the mutants, one process at a time. Raises CalledProcessError when tests fail
        without a mutant, or a name is of none.
        """
        command = [self.program, "run", "--max-children", "1", *names]
        with (self.work / "mutmut.log").open("w", encoding="utf-8") as log:
            subprocess.run(command, cwd=self.work, check=True, stdout=log, stderr=log)

    def results(self) -> dict[str, str]:
        """Each mutant's result, by its name, in mutmut's words."""
        lines = self._print("results", "--all", "true").splitlines()
        pairs = (line.strip().rpartition(": ") for line in lines if line.startswith("    "))
        return {name: result for name, _, result in pairs}

    def change(self, name: str) -> list[str]:
        """The lines that a mutant takes out (-) and puts in (+)."""
        lines = self._print("show", name).splitlines()
        return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---", "")]

    def _print(self, *arguments: str) -> str:
        command = [self.program, *arguments]
        ended = subprocess.run(command, cwd=self.work, check=True, capture_output=True, text=True)
        return ended.stdout


def by_file(names: Mapping[str, str]) -> dict[str, list[str]]:
    """The mutants of each file of planning/, by the file's name without .py."""
    mutants: dict[str, list[str]] = {}
    for name in names:
        mutants.setdefault(file_of(name), []).append(name)
    return mutants


def file_of(name: str) -> str:
    """`cost` of `ansible_collections.(...).planning.cost.x__chunks__mutmut_9`."""
    return name.partition(".planning.")[2].partition(".")[0]


def figures(mutants: Mapping[str, Sequence[str]], results: Mapping[str, str]) -> dict[str, Any]:
    """The sample's figures, of all files and of each; a timeout counts as a kill."""
    dead = [name for name, result in results.items() if result in DEAD]
    drawn, killed = Counter(map(file_of, results)), Counter(map(file_of, dead))
    return {
        "mutants": sum(map(len, mutants.values())),
        "drawn": len(results),
        "killed": len(dead),
        "share": len(dead) / len(results),
        "interval": interval(len(dead), len(results)),
        "files": {
            name: {"mutants": len(mutants[name]), "drawn": drawn[name], "killed": killed[name]}
            for name in sorted(mutants)
        },
        "results": dict(results),
    }


if __name__ == "__main__":
    sys.exit(main())
