"""A host that came later becomes a node, fed by its neighbours, while the others serve on."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from tests.e2e.rehearsal import SITE
from tests.lab_driver import Run, Site, said

ADDED = "node3"
ADDRESS = "10.79.0.14"
MODELS = "/var/lib/baremetal-sglang/models"
HASHES = f"cd {MODELS}/smollm2-135m-instruct/ && sha256sum -- *"


@pytest.fixture(scope="module")
def larger(served: Run, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The same site, with one more host in its lab and in its inventory."""
    directory = tmp_path_factory.mktemp("larger")
    lab = yaml.safe_load(SITE.lab_file.read_text())
    lab["hosts"].append({"name": ADDED, "address": ADDRESS, "base": "trixie"})
    lab_file = directory / "lab.yml"
    lab_file.write_text(yaml.safe_dump(lab))
    site = replace(SITE, lab_file=lab_file, directory=directory)
    site.write_inventory()
    hosts_file = site.inventory / "hosts.yml"
    hosts = yaml.safe_load(hosts_file.read_text())
    groups = hosts["all"]["children"]
    for group in ("workers", "serving"):
        groups[group]["hosts"][ADDED] = None
    groups["machines"]["hosts"][ADDED] = {"ansible_host": ADDRESS}
    hosts_file.write_text(yaml.safe_dump(hosts))
    # What the site has on the controller stays its own.
    site.artifacts.parent.mkdir(parents=True)
    site.artifacts.symlink_to(SITE.artifacts)
    site.lab("up")
    return site


@pytest.fixture(scope="module")
def pods_before(served: Run) -> dict[str, str]:
    return SITE.ready_pods()


@pytest.fixture(scope="module")
def added(larger: Site, pods_before: dict[str, str]) -> Run:
    run = larger.play("add_node", log="add-node")
    assert run.status == 0, run.output[-6000:]
    return run


def test_a_check_run_on_the_bare_host_changes_nothing(larger: Site) -> None:
    run = larger.play("add_node", "--check", "--diff", log="add-node-check")
    assert run.status == 0, run.output[-6000:]
    nodes = larger.kubectl("get", "nodes")["items"]
    assert ADDED not in {node["metadata"]["name"] for node in nodes}
    assert larger.on(ADDED, "command -v kubelet || echo none").strip() == "none"


def test_the_host_is_a_ready_node(added: Run, larger: Site) -> None:
    node = larger.kubectl("get", "node", ADDED)
    conditions = {each["type"]: each["status"] for each in node["status"]["conditions"]}
    assert conditions["Ready"] == "True"


def test_its_weights_came_from_its_neighbours_alone(added: Run, larger: Site) -> None:
    assert "source: sent 0.00 GiB, 0.00 times the model" in added.output
    assert f"{ADDED}: 0.31 GiB" in added.output
    assert larger.on(ADDED, HASHES) == larger.on("node1", HASHES)


def test_what_serves_went_on(added: Run, pods_before: dict[str, str]) -> None:
    assert SITE.ready_pods() == pods_before


def test_a_second_run_names_what_there_is_to_do(added: Run, larger: Site) -> None:
    run = larger.play("add_node", log="add-node-nothing")
    assert run.status != 0
    assert "every host of the group workers is a node of the cluster" in said(run.output)


def test_the_same_node_by_name_changes_nothing(added: Run, larger: Site) -> None:
    named = ["-e", f'{{"site_added_nodes": ["{ADDED}"]}}']
    run = larger.play("add_node", *named, log="add-node-second")
    assert run.status == 0, run.output[-6000:]
    assert {host: count for host, count in run.changed.items() if count} == {}
