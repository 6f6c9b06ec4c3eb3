"""Faults of the chain from node to node: a node that is lost, a link that is slow."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.hosts import definition, names
from tests.faults.broken import stop_serving
from tests.faults.staged import LANDING, MODELS, assert_whole, unpublish
from tests.lab_driver import Site, said


@pytest.fixture(scope="module", autouse=True)
def not_served(site: Site) -> Iterator[None]:
    """No engine reads the weights while they are broken; it serves again afterwards."""
    stop_serving(site)
    yield
    run = site.play("site", "--tags=weights,serve", log="chain-served")
    assert run.status == 0, run.output[-4000:]


@contextmanager
def slow_link(site: Site, host: str, rate: str) -> Iterator[None]:
    """What the host receives comes at ``rate``, until the block ends."""
    lab = definition.load(site.lab_file)
    device = names.veth(names.Handle(lab.name, host))
    tc = ["tc", "qdisc", "add", "dev", device, "root", "tbf", "rate", rate]
    subprocess.run([*tc, "burst", "64kb", "latency", "100ms"], check=True)
    try:
        yield
    finally:
        subprocess.run(["tc", "qdisc", "del", "dev", device, "root"], check=True)


def seconds_of(output: str) -> dict[str, float]:
    """How long each node fetched, from the report of a run."""
    lines = re.findall(r"(node\d): [0-9.]+ GiB in ([0-9.]+) s", said(output))
    return {host: float(seconds) for host, seconds in lines}


def test_a_node_that_is_lost_does_not_keep_the_others_from_their_weights(site: Site) -> None:
    unpublish(site, "node1")
    unpublish(site, "node2")
    # The second node's link holds the chain up, so that the first is lost in the middle.
    with slow_link(site, "node2", "80mbit"):
        process, log = site.start("weights", log="node-lost")
        site.wait_on("node2", LANDING, process)
        site.on("node1", "nohup reboot -ff >/dev/null 2>&1 &")
        status = process.wait(timeout=900)
    output = said(log.read_text())
    assert status != 0, output[-3000:]
    assert "node1: no weights, see above; the other nodes have theirs." in output
    assert_whole(site, "node2")
    site.on("node1", "systemctl is-system-running --wait || true")
    left = site.on("node1", f"du --bytes --summarize {MODELS}/.staging").split()[0]
    print(f"\nnode1 kept {int(left) / 2**20:.0f} MiB of what had landed")

    again = site.play("weights", log="node-lost-again")
    assert again.status == 0, again.output[-4000:]
    assert "source: sent 0.00 GiB" in said(again.output)
    assert "retries, from node2" in said(again.output)
    assert again.changed["node2"] > 0
    assert_whole(site, "node1")


def test_a_slow_link_holds_up_its_own_node_alone(site: Site) -> None:
    unpublish(site, "node1")
    unpublish(site, "node2")
    with slow_link(site, "node2", "40mbit"):
        run = site.play("weights", "-e", "model_weights_sample_gib=0.02", log="slow-link")
    assert run.status == 0, run.output[-4000:]
    seconds = seconds_of(run.output)
    print(f"\nslow link: {seconds}")
    assert seconds["node1"] < seconds["node2"] / 2
    assert "source: sent 0.31 GiB, 1.00 times the model" in said(run.output)
    assert_whole(site, "node1")
    assert_whole(site, "node2")
