"""Put argument lists through the router's own parser; runs inside the router's image.

    python3 router_parser.py CASES ANSWERS

CASES is a JSON list of argument lists. ANSWERS becomes a list of the same order: an empty text
where the router accepts the list, else what it says. Nothing is started: the lists go through
`parse_router_args`, and from its result the router itself is made.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer all cases."""
    source, target = (Path(word) for word in sys.argv[1:])
    launch = importlib.import_module("smg.launch_router")
    cases = json.loads(source.read_text())
    target.write_text(json.dumps([answer(launch, case) for case in cases]))


def answer(launch: Any, arguments: list[str]) -> str:
    """What the router says against a list: argparse exits, its own checks raise."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            launch.Router.from_args(launch.parse_router_args(arguments))
    except SystemExit:
        return said.getvalue()
    except (ValueError, OverflowError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    main()
