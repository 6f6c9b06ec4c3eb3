"""Replace the lines between two markers of a hand-written Markdown file."""

from __future__ import annotations


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
