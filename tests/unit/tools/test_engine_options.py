"""Options are read from a wheel's source: fields, aliases, hand-written ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.engine_options import Option, listing, main, options
from tools.roles import ROOT

SOURCE = '''
class ServerArgs:
    """A docstring."""

    tp_size: A[int, Arg(help="Sizes.", aliases=["--tensor-parallel-size"]), NS("parallel")] = 1
    host: A[str, "The host."] = "127.0.0.1"
    note: A[str, f"Told by {WHO}."] = ""
    enable_metrics: A[bool, "Metrics."] = False
    gemm: A[str, Arg(help="Kernels.", cli_name="--fp8-gemm-backend")] = "auto"
    tuned: A[bool, Arg(help="Or not.", action=argparse.BooleanOptionalAction)] = True
    maybe: A[Optional[bool], "Unset, or set."] = None
    paths: A[list, Arg(help="Paths.", action=LoRAPathAction)] = None
    hidden: A[bool, Arg(no_cli=True), NS("exec")] = False
    by_hand: A[str, NS("serving")] = ""
    plain: int = 3
    listed: List[int] = None
    other: Dict[str, int] = None

    def add_cli_args(parser):
        parser.add_argument("--config", type=str)
        parser.add_argument("--old", action=DeprecatedStoreTrueAction)
        parser.add_argument("--older", "-o", action=DeprecatedAliasStoreAction)
        parser.add_argument(name)


class Parallel(msgspec.Struct):
    _NS_PATH = "parallel"
    attn_dp_size: A[int, "Groups."] = 1


class Other:
    first, second = 1, 2
    rank: A[int, "Not an option."] = 0
'''


def test_every_kind_of_declaration_is_read() -> None:
    assert {option.line() for option in options(SOURCE)} == {
        "--tp-size value",
        "--tensor-parallel-size value",
        "--host value",
        "--note value",
        "--enable-metrics flag",
        "--fp8-gemm-backend value",
        "--tuned flag",
        "--no-tuned flag",
        "--maybe flag",
        "--paths value",
        "--config value",
        "--old flag",
        "--older value",
        "--attn-dp-size value",
    }


@pytest.fixture(name="wheel")
def wheel_directory(tmp_path: Path) -> Path:
    fields = tmp_path / "sglang/srt/arg_groups/fields"
    fields.mkdir(parents=True)
    (fields / "parallel.py").write_text(
        'class P:\n    _NS_PATH = "p"\n    nnodes: A[int, "N."] = 1\n'
    )
    (tmp_path / "sglang/srt/server_args.py").write_text(
        'class ServerArgs:\n    model: A[str, "M."]\n    model: A[str, "M."]\n'
    )
    return tmp_path


def test_the_listing_is_sorted_and_has_each_option_once(wheel: Path) -> None:
    assert listing(wheel) == "--model value\n--nnodes value\n"


def test_the_command_prints_the_options(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(wheel)]) == 0
    assert capsys.readouterr().out == "--model value\n--nnodes value\n"


def test_check_compares_with_a_file(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = wheel / "options.txt"
    kept.write_text("--model value\n--nnodes value\n")
    assert main([str(wheel), "--check", str(kept)]) == 0
    kept.write_text("--model value\n")
    assert main([str(wheel), "--check", str(kept)]) == 1
    assert capsys.readouterr().out == f"{kept}: is not what the wheel in {wheel} has\n"


@pytest.mark.parametrize("name", sorted((ROOT / "tests/fixtures/engine").glob("options-*.txt")))
def test_the_committed_lists_are_whole(name: Path) -> None:
    lines = name.read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines))
    assert len(lines) > 450
    assert {"--model-path value", "--config value", "--trust-remote-code flag"} < set(lines)


def test_an_option_has_a_line() -> None:
    assert Option("--x", takes_value=True).line() == "--x value"
