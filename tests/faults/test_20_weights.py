"""Faults of weights: what is wrong is repaired, and nothing else is touched."""

from __future__ import annotations

import yaml

from tests.lab_driver import ROOT, Site

MODELS = "/var/lib/baremetal-sglang/models"
MODEL = yaml.safe_load((ROOT / "inventories/lab/plan.yml").read_text())["model"]["name"]
SHARD = "model-00008-of-00008.safetensors"
FLIP = "printf '\\377\\377\\377\\377' | dd bs=1 seek=1000000 conv=notrunc status=none of="


def assert_whole(site: Site, host: str) -> None:
    """Every byte that is published has the digest of the list."""
    site.on(host, f"cd {MODELS}/{MODEL}/ && sha256sum --check --quiet --strict SHA256SUMS")


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
