"""The router's options, as its source says them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.router_options import main, options

SOURCE = """
COMMON = ["random", "round_robin"]
OF_PREFILL = [*COMMON, "bucket"]
COMPUTED = sorted(known())
class RouterArgs:
    def add_cli_args(parser, prefix=""):
        print("not an option")
        parser.add_argument("--host", type=str)
        group.add_argument(f"--{prefix}index", choices=["tree", "hash"])
        group.add_argument(f"--{prefix}policy", choices=COMMON)
        group.add_argument(f"--{prefix}prefill-policy", choices=OF_PREFILL)
        group.add_argument(f"--{prefix}pd-disaggregation", action="store_true")
        group.add_argument(f"--{prefix}prefill", nargs="+", action="append")
        group.add_argument(f"--{prefix}parser", choices=parsers)
        group.add_argument(f"--{prefix}tool-parser", choices=COMPUTED)
        group.add_argument(f"--{prefix}later", choices=sorted(parsers))
"""
LINES = [
    "--host value",
    "--index value tree hash",
    "--later value",
    "--parser value",
    "--pd-disaggregation flag",
    "--policy value random round_robin",
    "--prefill values",
    "--prefill-policy value random round_robin bucket",
    "--tool-parser value",
]


def test_options_are_read_with_their_kind_and_choices() -> None:
    assert sorted(options(SOURCE)) == LINES


def test_a_list_that_differs_from_the_wheel_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = tmp_path / "smg"
    wheel.mkdir()
    (wheel / "router_args.py").write_text(SOURCE)
    assert main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines() == LINES
    committed = tmp_path / "options.txt"
    committed.write_text(printed)
    assert main([str(tmp_path), "--check", str(committed)]) == 0
    committed.write_text(printed + "--new value\n")
    assert main([str(tmp_path), "--check", str(committed)]) == 1
    assert capsys.readouterr().out.startswith(f"{committed}: is not what the wheel in ")
