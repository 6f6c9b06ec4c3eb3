"""Replace the lines between two markers of a hand-written Markdown file."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path


class MarkerError(ValueError):
    """A file lacks the two lines between which generated text stands."""


def between_markers(text: str, *, begin: str, end: str, content: str, where: str) -> str:
    """`text` with `content` between the lines `begin` and `end`.

    Raises MarkerError, which names `where`, if a marker is missing.
    """
    before, first, rest = text.partition(begin)
    _former, last, after = rest.partition(end)
    if not first or not last:
        raise MarkerError(f"{where}: needs the lines {begin!r} and {end!r}")
    return f"{before}{begin}\n{content}{end}{after}"


@dataclass(frozen=True)
class MarkedPage:
    """A page, as a path below the checkout, of which `program` writes what is between two lines."""

    page: str
    begin: str
    end: str
    program: str

    def run(self, arguments: list[str] | None, root: Path, content: str) -> int:
        """Write the page, or with `--check` say whether it is current; gives the exit status.

        It is 1 if `--check` found that the page is stale. Raises MarkerError.
        """
        parser = argparse.ArgumentParser(prog=f"python -m {self.program}")
        parser.add_argument("--check", action="store_true")
        check = parser.parse_args(arguments).check
        path = root / self.page
        before = path.read_text(encoding="utf-8")
        after = between_markers(
            before, begin=self.begin, end=self.end, content=content, where=self.page
        )
        if before != after:
            sys.stdout.write(f"{self.page}: {'is not current' if check else 'is written'}\n")
            if not check:
                path.write_text(after, encoding="utf-8")
        return int(check and before != after)
