"""Constants are read with the comments that give their sources."""

from __future__ import annotations

from tools.constants import Constant, constants_of

SOURCE = '''# Copyright
"""A module."""

GIB = 1024**3
# Measured on a card,
# twice.
DRIVER = 480
CONTEXT = 2 * GIB  # not this comment

PLAIN = 7
NAME = "text"
VALUES = Values(
    # From a data sheet.
    share=0.9,
    hop=5.0 * GIB,
    text="x",
)
'''


def test_a_comment_holds_for_the_constants_below_it() -> None:
    assert list(constants_of(SOURCE)) == [
        Constant("GIB", "1024 ** 3", ""),
        Constant("DRIVER", "480", "Measured on a card, twice."),
        Constant("CONTEXT", "2 * GIB", "Measured on a card, twice."),
        Constant("PLAIN", "7", ""),
        Constant("share", "0.9", "From a data sheet."),
        Constant("hop", "5.0 * GIB", "From a data sheet."),
    ]
