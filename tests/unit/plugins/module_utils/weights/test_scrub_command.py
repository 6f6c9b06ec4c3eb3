"""The program's own side: its configuration, its exit status, and what it says."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_command import main
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_spec import (
    parse_scrub_spec,
)

from tests.unit.plugins.module_utils.weights.bench import SHARDS, Model, run
from tests.unit.plugins.module_utils.weights.scrubs import configuration, rot, state


class Command:
    """The program with a configuration file and a directory for metrics."""

    def __init__(self, directory: Path, root: Path, model: Model) -> None:
        self.path = directory / "m.json"
        self.metrics = directory / "textfile"
        self.metrics.mkdir()
        self.content = configuration(root, [model.url], metrics_directory=str(self.metrics))
        self.write()

    def write(self, **values: Any) -> None:
        self.path.write_text(json.dumps({**self.content, **values}))

    def metric(self, name: str) -> str:
        text = (self.metrics / "baremetal_sglang_weights_m.prom").read_text()
        lines = [line for line in text.splitlines() if line.split("{")[0].endswith(f"_{name}")]
        return lines[-1].split()[-1]


@pytest.fixture
def command(tmp_path: Path, root: Path, model: Model) -> Command:
    run(root, model.url)
    return Command(tmp_path, root, model)


def test_a_model_that_is_right(
    command: Command, root: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(command.path)]) == 0
    assert capsys.readouterr().out == "m: every byte is right\n"
    assert command.metric("scrub_read_bytes_total") == str(model.size)
    assert state(root, model.version)["by"]["program"] == "weights-scrub"


def test_a_repaired_file_is_no_failure_and_is_told(
    command: Command, root: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    rot(root / model.version / SHARDS[0])
    assert main([str(command.path)]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"{root / model.version / SHARDS[0]} is repaired from {model.url}/{SHARDS[0]}",
        "m: every byte is right",
    ]
    assert (command.metric("scrub_found_total"), command.metric("scrub_wrong_files")) == ("1", "0")


def test_a_file_that_stays_wrong_is_a_failure(
    command: Command, root: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    rot(root / model.version / SHARDS[0])
    command.write(sources=[])
    assert main([str(command.path)]) == 1
    path = root / model.version / SHARDS[0]
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == [
        f"{path} is not repaired: no source is configured",
        f"m: 1 wrong: {path}",
    ]
    assert command.metric("scrub_wrong_files") == "1"


def test_a_report_writes_metrics_and_reads_no_file(
    command: Command, root: Path, model: Model
) -> None:
    rot(root / model.version / SHARDS[0])
    assert main(["--report", str(command.path)]) == 0
    assert (command.metric("complete"), command.metric("verified")) == ("1", "0")
    assert command.metric("scrub_read_bytes_total") == "0"
    assert not (root / model.version / ".scrub.json").exists()


def test_without_a_directory_there_are_no_metrics(command: Command) -> None:
    command.write(metrics_directory="")
    assert main([str(command.path)]) == 0
    assert os.listdir(command.metrics) == []


def test_a_second_scrub_of_the_model_is_refused_with_its_holder(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with command.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main([str(command.path)]) == 3
        # The scrub that runs writes the metrics itself.
        assert main(["--report", str(command.path)]) == 0
    assert os.listdir(command.metrics) == []
    text = f"m is scrubbed by process {os.getpid()}; wait for it or end it\n"
    assert capsys.readouterr().err == text


def test_a_model_that_is_gone_is_an_error(
    command: Command, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(root, "", state="absent")
    assert main([str(command.path)]) == 1
    assert "holds no version of m" in capsys.readouterr().err


def test_a_metrics_directory_that_is_not_there_is_an_error_with_its_path(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command.write(metrics_directory=str(command.metrics / "gone"))
    assert main([str(command.path)]) == 1
    assert str(command.metrics / "gone") in capsys.readouterr().err


def test_a_configuration_that_is_not_there_is_an_error(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{command.path}.gone"]) == 1
    assert f"{command.path}.gone: No such file or directory" in capsys.readouterr().err


def test_a_refused_configuration_has_a_status_of_its_own(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command.write(name="a/b", retries=-1)
    assert main([str(command.path)]) == 2
    assert f"{command.path} is refused: name 'a/b'" in capsys.readouterr().err


GOOD = configuration(Path("/w"), ["http://mirror/m"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ({"more": 1}, "more is not known"),
        ({"sources": "http://m"}, "sources is 'http://m', a JSON list is needed"),
        ({"sources": [1]}, "sources holds 1, URLs are needed"),
        ({"sources": ["ftp://m"]}, "sources 'ftp://m': a URL with one of the schemes"),
        ({"sources": ["http://u:secret@m/x"]}, "the URL holds credentials"),
        ({"bytes_per_second": True}, "bytes_per_second is True, a JSON int is needed"),
        ({"bytes_per_second": -1}, "bytes_per_second -1: at least 0 is needed"),
        ({"timeout_seconds": 0}, "timeout_seconds 0: at least 1 is needed"),
        ({"destination": "w"}, "destination 'w': an absolute path"),
        ({"metrics_directory": "m"}, "metrics_directory 'm': an absolute path is needed"),
    ],
)
def test_a_bad_configuration_is_refused(text: Any, fault: str) -> None:
    content = text if isinstance(text, str) else json.dumps({**GOOD, **text})
    with pytest.raises(InputError) as caught:
        parse_scrub_spec(content.encode(), "here")
    assert fault in str(caught.value)
    assert "secret" not in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_scrub_spec(json.dumps({"name": 1, "odd": 2}).encode(), "here")
    assert len(caught.value.details["faults"]) == 8


def test_a_good_configuration_is_taken_as_it_is() -> None:
    text = json.dumps({**GOOD, "sources": ["http://mirror/m/"], "destination": "/w/"})
    found = parse_scrub_spec(text.encode(), "here")
    assert (found.sources, found.destination) == (("http://mirror/m",), "/w")
