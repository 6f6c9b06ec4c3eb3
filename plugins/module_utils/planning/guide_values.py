# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kinds of values in an intent file: how a person names each, and what it parses to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable

AUTO = "auto"
LARGEST_COUNT = 2**31 - 1
LARGEST_PORT = 65535
# Seconds. NCCL takes powers of two for its buffers, so the units of a size are powers of two.
TIME_UNITS = {"s": 1, "m": 60, "h": 3600}
SIZE_UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3}
DURATION = re.compile(r"([1-9][0-9]*)(s|m|h)")
MILLISECONDS = re.compile(r"([1-9][0-9]*)(ms|s|m|h)")
SIZE = re.compile(r"([1-9][0-9]*) ?([KMG])(i?B)")
PERCENT = re.compile(r"([1-9][0-9]?|100)%")
HALF_FORMATS = ("BF16", "FP16")
MIXED_FORMATS = (("FP8",), ("BF16", "FP8"), ("FP16", "FP8"), ("BF16",), ("FP16",))


class KindError(ValueError):
    """A value is of another kind."""


@dataclass(frozen=True)
class Kind:
    """A kind of value. C(parse) gives the value, or raises C(KindError).

    C(words) are all values where they can be counted, so that a fault can name the nearest.
    """

    noun: str
    parse: Callable[[Any], Any]
    words: tuple[str, ...] = ()


def words_of(*words: str) -> Kind:
    """One of some words; letter case does not count, and C(-) is read as C(_)."""
    known = {_folded(word): word for word in words}

    def parse(value: Any) -> str:
        if _folded(_text(value)) not in known:
            raise KindError(value)
        return known[_folded(value)]

    return Kind(f"one of {', '.join(words)}", parse, words)


def _folded(word: str) -> str:
    return word.strip().lower().replace("-", "_")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise KindError(value)
    return value.strip()


def _switch(value: Any) -> bool:
    if value is not True and value is not False:
        raise KindError(value)
    return bool(value)


def _integer(value: Any, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= high:
        raise KindError(value)
    return value


def _count(value: Any) -> int:
    return _integer(value, LARGEST_COUNT)


def _count_or_auto(value: Any) -> int:
    return 0 if value == AUTO else _count(value)


def _port(value: Any) -> str:
    return _text(value) if isinstance(value, str) else str(_integer(value, LARGEST_PORT))


def _percent(value: Any) -> int:
    match = PERCENT.fullmatch(value) if isinstance(value, str) else None
    return int(match.group(1)) if match else _integer(value, 100)


def _duration(value: Any) -> int:
    match = DURATION.fullmatch(_text(value))
    if not match:
        raise KindError(value)
    return int(match.group(1)) * TIME_UNITS[match.group(2)]


def _milliseconds(value: Any) -> int:
    match = MILLISECONDS.fullmatch(_text(value))
    if not match:
        raise KindError(value)
    return int(match.group(1)) * {"ms": 1, **_thousandfold()}[match.group(2)]


def _thousandfold() -> dict[str, int]:
    return {unit: 1000 * seconds for unit, seconds in TIME_UNITS.items()}


def _size(value: Any) -> int:
    match = SIZE.fullmatch(_text(value))
    if not match:
        raise KindError(value)
    return int(match.group(1)) * SIZE_UNITS[match.group(2)]


def _formats(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else _text(value).split("+")
    names = tuple(sorted(_text(part).upper() for part in parts))
    if names not in MIXED_FORMATS:
        raise KindError(value)
    return names


SWITCH = Kind("true or false", _switch)
TEXT = Kind("a non-empty string", _text)
COUNT = Kind("an integer of 1 or more", _count)
COUNT_OR_AUTO = Kind("an integer of 1 or more, or auto", _count_or_auto)
PORT = Kind("the name of a port, or a number of 1 to 65535", _port)
PERCENTAGE = Kind("a percentage of 1 to 100", _percent)
SECONDS = Kind("whole seconds, minutes or hours, such as 5s", _duration)
LATENCY = Kind("a duration, such as 500ms or 2s", _milliseconds)
BYTES = Kind("a size with its unit, such as 4MB", _size)
FORMATS = Kind("FP8, FP16 or BF16, or FP8 with one of the others, such as FP16+FP8", _formats)
