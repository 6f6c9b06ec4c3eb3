"""Put argument lists through SGLang's own parser; runs inside the engine image.

    python3 engine_parser.py CASES ANSWERS

CASES is a JSON list of `{"arguments": [...], "config": {...}}`: a rank's argument list, and what
config.json in its model directory says. ANSWERS becomes a list of the same order:
`{"error": text}`, empty where the engine accepts the list, and `given` and `resolved`, the values
of the list's options as argparse read them and as ServerArgs keeps them.

Every list is tried in a process of its own, forked after the one import of SGLang: the engine
writes what it decides into its environment and its modules.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer all cases."""
    source, target = (Path(word) for word in sys.argv[1:])
    engine = importlib.import_module("sglang.srt.server_args")
    # What the checks import themselves, here once instead of in each child.
    importlib.import_module("sglang.srt.layers.cp")
    parser = argparse.ArgumentParser()
    engine.ServerArgs.add_cli_args(parser)
    gc.freeze()  # else a child that collects garbage copies the pages of all objects
    cases = json.loads(source.read_text())
    target.write_text(json.dumps([in_child(engine, parser, case) for case in cases]))


def in_child(engine: Any, parser: argparse.ArgumentParser, case: dict[str, Any]) -> dict[str, Any]:
    """The answer to one case; what the child wrote is the error if it did not come to an end."""
    answer, output = Path("answer"), Path("output")
    child = os.fork()
    if not child:
        with output.open("w") as file:
            os.dup2(file.fileno(), sys.stdout.fileno())
            os.dup2(file.fileno(), sys.stderr.fileno())
        os._exit(_status(engine, parser, case, answer))
    _, status = os.waitpid(child, 0)
    if status:
        return {"error": output.read_text(), "given": {}, "resolved": {}}
    found: dict[str, Any] = json.loads(answer.read_text())
    return found


def _status(
    engine: Any, parser: argparse.ArgumentParser, case: dict[str, Any], answer: Path
) -> int:
    """The exit status of a child, whatever the engine raises: argparse exits, checks raise."""
    try:
        answer.write_text(json.dumps(asked(engine, parser, case)))
    except BaseException:  # noqa: BLE001  a child that goes on would run as a second parent
        traceback.print_exc()
        return 1
    finally:
        sys.stderr.flush()
    return 0


def asked(engine: Any, parser: argparse.ArgumentParser, case: dict[str, Any]) -> dict[str, Any]:
    """What the engine makes of a list, as `sglang.launch_server` does before it starts ranks."""
    arguments = case["arguments"]
    parsed = vars(parser.parse_args(arguments))
    directory = Path(parsed["model_path"])
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(case["config"]))
    resolved = engine.prepare_server_args(arguments)
    resolved.check_server_args()
    names = [
        action.dest for action in parser._actions if set(action.option_strings) & set(arguments)
    ]
    return {
        "error": "",
        "given": {name: parsed[name] for name in names},
        "resolved": {name: getattr(resolved, name) for name in names},
    }


if __name__ == "__main__":
    main()
