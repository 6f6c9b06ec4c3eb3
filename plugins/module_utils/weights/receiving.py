# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What came to a node: through its relay, from the lines that it writes, or as it asked for it.

Pure functions over values.
"""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

# What is smaller says more of the connection than of the link.
LEAST_BYTES = 1024 * 1024
_OK = "200"
# nginx separates the places that one request went through by these (ngx_http_upstream_module).
_PLACES = re.compile(r", | : ")


@dataclass(frozen=True)
class Passed:
    """One file that came through a relay from ``feeder`` (address and port), whole.

    ``seconds`` is how long it took, ``ended_at`` when it ended in seconds since the epoch.
    """

    file: str
    feeder: str
    bytes: int
    seconds: float
    ended_at: float


def parse_passed(text: str) -> tuple[Passed, ...]:
    """The files of a relay's log, in its order; raises ValueError for a line of another kind."""
    entries = [json.loads(line) for line in text.splitlines()]
    try:
        return tuple(_passed(entry) for entry in entries if entry["status"] == _OK)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not what a relay writes: {error!r} is missing") from error


@dataclass(frozen=True)
class Receiving:
    """How fast a node received, in bytes/s; None where nothing says so.

    ``file_rate`` is that of one file, ``link_rate`` that of all files together.
    """

    file_rate: Optional[float]
    link_rate: Optional[float]


def through_relay(passed: Sequence[Passed]) -> Receiving:
    """What came through the node's own relay, from the first file's start to the last one's end."""
    if not passed:
        return Receiving(None, None)
    began = min(each.ended_at - each.seconds for each in passed)
    lasted = max(each.ended_at for each in passed) - began
    total = sum(each.bytes for each in passed)
    return Receiving(
        file_rate=_typical([(each.bytes, each.seconds) for each in passed]),
        link_rate=total / lasted if lasted > 0 else None,
    )


@dataclass(frozen=True)
class Pulled:
    """What a node asked one feeder for itself: whole files, or the rests of some.

    ``feeder`` is an address and port, empty for a file system; ``file_rate`` that of a typical file
    in bytes/s, 0.0 where nothing says so.
    """

    feeder: str
    files: int
    bytes: int
    file_rate: float


def pulled_from(feeder: str, files: Sequence[tuple[int, float]]) -> Pulled:
    """The sum of files of ``(bytes, seconds)`` that came from one feeder."""
    total = sum(count for count, _seconds in files)
    return Pulled(feeder, len(files), total, _typical(files) or 0.0)


def asked_for(pulls: Sequence[Pulled], seconds: float) -> Receiving:
    """What a node asked for itself in a run of ``seconds``; its main feeder's files are typical."""
    if not pulls:
        return Receiving(None, None)
    total = sum(pull.bytes for pull in pulls)
    main = max(pulls, key=lambda pull: pull.bytes)
    return Receiving(main.file_rate or None, total / seconds if total and seconds > 0 else None)


def bytes_by_feeder(passed: Sequence[Passed]) -> Mapping[str, int]:
    """Bytes that came from each feeder."""
    counted: Counter[str] = Counter()
    for each in passed:
        counted[each.feeder] += each.bytes
    return counted


def _typical(files: Sequence[tuple[int, float]]) -> Optional[float]:
    """The median rate of the files that are large enough to say something."""
    rates = [count / took for count, took in files if count >= LEAST_BYTES and took > 0]
    return statistics.median(rates) if rates else None


def _passed(entry: Mapping[str, str]) -> Passed:
    return Passed(
        file=entry["file"],
        feeder=_last(entry["from"]),
        bytes=int(_last(entry["bytes"])),
        seconds=float(_last(entry["seconds"])),
        ended_at=float(entry["at"]),
    )


def _last(places: str) -> str:
    return _PLACES.split(places)[-1]
