"""Faults of weights: the error names host and file, nothing is half-published, a run heals."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.faults.broken import SPARE, mounted_over, small_disk, stop_serving
from tests.faults.staged import MODEL, MODELS, assert_whole, heal, unpublish, visible
from tests.lab_driver import Site, said

SHARD = "model-00008-of-00008.safetensors"
ON_MIRROR = f"/srv/bundle/models/{MODEL}"
FLIP = "printf '\\377\\377\\377\\377' | dd bs=1 seek=1000000 conv=notrunc status=none of="
MIRROR_UNIT = "baremetal-sglang-mirror.service"


@pytest.fixture(scope="module", autouse=True)
def not_served(site: Site) -> Iterator[None]:
    """No engine reads the weights while they are broken; it serves again afterwards."""
    stop_serving(site)
    yield
    run = site.play("site", "--tags=weights,serve", log="weights-served")
    assert run.status == 0, run.output[-4000:]


def test_a_corrupt_file_on_a_node_is_replaced_alone(site: Site) -> None:
    inodes = f"cd {MODELS}/{MODEL}/ && stat --format='%n %i' *"
    before = site.on("node1", inodes).splitlines()
    site.on("node1", f"{FLIP}{MODELS}/{MODEL}/{SHARD}")
    run = site.play("weights", log="corrupt-on-node")
    assert run.status == 0, run.output[-4000:]
    assert run.changed["node1"] == 1
    assert run.changed["node2"] == 0
    after = site.on("node1", inodes).splitlines()
    replaced = {line.split()[0] for line in set(after) - set(before)}
    assert replaced - {"SHA256SUMS"} == {SHARD}
    assert_whole(site, "node1")


def test_a_corrupt_file_on_the_mirror_is_refused_by_name_and_digest(site: Site) -> None:
    unpublish(site, "node1")
    listed = site.on("cp1", f"grep {SHARD} {ON_MIRROR}/SHA256SUMS").split()[0]
    prepare = f"cp {ON_MIRROR}/{SHARD} {SPARE}; {FLIP}{SPARE}"
    with mounted_over(site, "cp1", f"{ON_MIRROR}/{SHARD}", prepare):
        found = site.on("cp1", f"sha256sum {ON_MIRROR}/{SHARD}").split()[0]
        run = site.play("weights", log="corrupt-on-mirror")
    assert run.status != 0
    assert found != listed
    assert f"file {SHARD} has SHA-256 {found}, the list needs {listed}" in said(run.output)
    assert "[node1]" in run.output
    assert visible(site, "node1") == []
    heal(site, "corrupt-on-mirror-healed")


def test_a_mirror_that_goes_away_is_named(site: Site) -> None:
    unpublish(site, "node1")
    device = (
        site.on("cp1", f"ip -o route get {site.addresses['node1']}").split("dev ")[1].split()[0]
    )
    site.on("cp1", f"tc qdisc add dev {device} root tbf rate 160mbit burst 256kb latency 100ms")
    try:
        process, log = site.start("weights", log="mirror-gone")
        site.wait_on(
            "node1",
            f"find {MODELS}/.staging -name '*.part' -size +0 2>/dev/null | grep -q .",
            process,
        )
        site.on("cp1", f"systemctl stop {MIRROR_UNIT}")
        begin = time.monotonic()
        try:
            status = process.wait(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        print(f"\nmirror gone: the run ended {time.monotonic() - begin:.0f} s later")
    finally:
        site.on("cp1", f"tc qdisc del dev {device} root; systemctl start {MIRROR_UNIT}")
    output = said(log.read_text())
    assert status != 0, output[-3000:]
    assert "[node1]" in output
    assert f"http://{site.addresses['cp1']}:8080/models/{MODEL}/" in output
    assert visible(site, "node1") == []
    heal(site, "mirror-gone-healed")


def test_a_disk_that_is_too_small_is_refused_with_figures(site: Site) -> None:
    needed = int(site.on("node1", f"du --bytes --dereference-args -s {MODELS}/{MODEL}").split()[0])
    with small_disk(site, "node1", MODELS, 100):
        refused = site.play("preflight", log="disk-full-preflight")
        run = site.play("weights", log="disk-full")
        assert visible(site, "node1") == []
    assert refused.status != 0
    report = refused.output.partition("PLAY [Preflight | Refuse")[2]
    assert "node1" in report
    assert f"100 MiB free for {MODELS}/{MODEL}" in said(report)
    assert run.status != 0
    assert needed > 100 * 2**20
    assert "bytes are still to be fetched" in said(run.output)
    assert "[node1]" in run.output
    heal(site, "disk-full-healed")
