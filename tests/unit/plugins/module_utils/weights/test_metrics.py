from __future__ import annotations

import re
import stat
from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.metrics import (
    METRICS,
    render,
    version_figures,
    write_metrics,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import WeightsRoot

from tests.unit.plugins.module_utils.weights.bench import SHARDS, Model, run
from tests.unit.plugins.module_utils.weights.scrubs import rot, scrub

NOON = 1_767_268_800
CLOCK = Clock(now=lambda: float(NOON))
SAMPLE = re.compile(r'baremetal_sglang_weights_([a-z_]+)\{model="m",digest="([0-9a-f]*)"\} (\d+)')


def samples(text: str, digest: str) -> dict[str, int]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    matches = [SAMPLE.fullmatch(line) for line in lines]
    assert all(matches)
    return {m[1]: int(m[3]) for m in matches if m and m[2] == digest[:12]}


def rendered(root: Path, digest: str) -> dict[str, int]:
    return samples(render("m", version_figures(WeightsRoot(str(root)), "m")), digest)


def test_a_model_that_landed_and_was_never_scrubbed(model: Model, root: Path) -> None:
    run(root, model.url, clock=CLOCK)
    assert rendered(root, model.digest) == {
        "linked": 1,
        "complete": 1,
        "verified": 1,
        "verified_timestamp_seconds": NOON,
        "files": 5,
        "bytes": model.size,
        "scrub_last_success_timestamp_seconds": 0,
        "scrub_pending_files": 0,
        "scrub_wrong_files": 0,
        "scrub_found_total": 0,
        "scrub_repaired_total": 0,
        "scrub_read_bytes_total": 0,
    }


def test_a_scrub_that_found_and_repaired_and_one_that_could_not(model: Model, root: Path) -> None:
    run(root, model.url)
    size = (model.path / SHARDS[0]).stat().st_size
    rot(root / model.version / SHARDS[0])
    scrub(root, model.url, clock=CLOCK)
    found = rendered(root, model.digest)
    assert (found["scrub_found_total"], found["scrub_repaired_total"]) == (1, 1)
    assert (found["verified"], found["scrub_wrong_files"]) == (1, 0)
    assert found["scrub_last_success_timestamp_seconds"] == NOON
    assert found["scrub_read_bytes_total"] == model.size + size
    rot(root / model.version / SHARDS[0])
    scrub(root, clock=Clock(now=lambda: NOON + 60.0))
    found = rendered(root, model.digest)
    assert (found["scrub_found_total"], found["scrub_repaired_total"]) == (2, 1)
    assert (found["verified"], found["scrub_wrong_files"]) == (0, 1)
    assert found["scrub_last_success_timestamp_seconds"] == NOON


def test_every_version_has_figures_of_its_own(model: Model, root: Path) -> None:
    run(root, model.url)
    old = model.digest
    model.write("config.json", b"{}")
    run(root, model.url)
    (root / f"m@{old[:12]}" / SHARDS[0]).unlink()
    assert rendered(root, old)["linked"] == rendered(root, old)["complete"] == 0
    assert rendered(root, model.digest)["linked"] == rendered(root, model.digest)["complete"] == 1


def test_a_model_that_is_not_there_is_not_complete(root: Path) -> None:
    assert rendered(root, "") == dict.fromkeys(METRICS, 0)


def test_every_metric_has_help_and_type_once_and_counters_are_called_total(root: Path) -> None:
    text = render("m", version_figures(WeightsRoot(str(root)), "m"))
    described = re.findall(r"^# TYPE baremetal_sglang_weights_(\S+) (gauge|counter)$", text, re.M)
    assert [name for name, _ in described] == list(METRICS)
    assert all((kind == "counter") == name.endswith("_total") for name, kind in described)
    assert len(re.findall(r"^# HELP \S+ .+\.$", text, re.M)) == len(METRICS)


def test_the_file_is_replaced_whole_and_readable_by_the_exporter(
    model: Model, root: Path, tmp_path: Path
) -> None:
    run(root, model.url)
    directory = tmp_path / "textfile"
    directory.mkdir()
    write_metrics(str(directory), WeightsRoot(str(root)), "m")
    (path,) = directory.iterdir()
    before = path.stat()
    assert path.name == "baremetal_sglang_weights_m.prom"
    assert stat.S_IMODE(before.st_mode) == 0o644
    write_metrics(str(directory), WeightsRoot(str(root)), "m")
    assert path.stat().st_ino != before.st_ino
    assert list(directory.iterdir()) == [path]
