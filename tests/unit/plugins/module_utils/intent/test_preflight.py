"""All rules together."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import Bundle
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.controller import Controller
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    Directory,
    FileSystem,
    HostState,
    Image,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.preflight import (
    Evidence,
    ModelDirectory,
    Variables,
    preflight,
    warnings,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.report import report
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.variables import Given
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Model

from tests.unit.plugins.module_utils.intent.samples import (
    CATALOGUE,
    FACTS,
    GIB,
    INVENTORY,
    PLAN,
    SITE,
    facts,
    inventory,
    reached,
    site,
)

PARTS = {
    name: {"version": CATALOGUE.parts[name]["version"], "bytes": GIB}
    for name in ("kube-apiserver", "kubelet", "kubeadm", "engine", "smollm2")
}
EVIDENCE = Evidence(
    inventory=INVENTORY,
    site=SITE,
    variables=Variables((), {"site": ["site_model"]}, {}),
    input_faults=(),
    catalogue=CATALOGUE,
    bundle=Bundle("cp1", "/srv/bundle", "", {"schema": 1, "parts": PARTS}, {"apt": True}),
    model=ModelDirectory(
        "cp1:/m", Directory(True, {"a": 1}), frozenset({"a"}), "f" * 64, pinned=True
    ),
    plan=PLAN,
    states={"cp1": reached(FACTS), "node1": reached(FACTS)},
    controller=Controller("2.19.3", "/usr/bin/python3", (), ()),
    source_host="",
    mirror_ports={"http": 8080, "registry": 5000, "relay": 8090, "source": 8091},
    gpus={},
    disks=frozenset(),
    now=1001.0,
)


def codes(**values: Any) -> list[str]:
    return [fault.code for fault in preflight(dataclasses.replace(EVIDENCE, **values))]


def test_a_right_site_has_no_fault() -> None:
    assert preflight(EVIDENCE) == ()


def test_a_site_without_bundle_and_plan_is_judged_by_the_rest() -> None:
    without = {
        "inventory": inventory(mirror=()),
        "site": site(site_bundle_path=""),
        "bundle": None,
        "model": None,
        "plan": None,
    }
    assert codes(**without) == ["no_mirror_host", "bundle_path_missing"]


FULL = facts(
    filesystems={
        path: {"device": "1", "free_bytes": 1, "total_bytes": GIB} for path in FACTS.filesystems
    },
    listeners=[{"port": 10250, "address": "::", "process": "java", "pid": 1}],
)
WRONG_VARIABLES = Variables(
    (
        Given("site_modle", {"cp1": 1, "node1": 1, "localhost": 1}),
        Given("site_model", {"cp1": 1}),
        Given("mirror_http_port", {"cp1": 0}),
    ),
    {"site": ["site_model"], "mirror": ["mirror_http_port"]},
    {},
)
WRONG_PARTS = {**CATALOGUE.parts, "engine": {"kind": "image", "version": "x"}}


def test_faults_of_every_kind_are_in_one_report() -> None:
    found = codes(
        input_faults=(Fault("plan_missing", "z", "nothing", "a plan", "plan"),),
        variables=WRONG_VARIABLES,
        inventory=inventory(gpu=("node9",)),
        site=site(site_endpoint_node_port=1, site_pod_network="x"),
        catalogue=dataclasses.replace(CATALOGUE, parts=WRONG_PARTS),
        bundle=Bundle("cp1", "/b", "gone", None, {}),
        model=ModelDirectory(
            "cp1:/m", Directory(True, {}), frozenset({"a"}), "f" * 64, pinned=True
        ),
        controller=Controller("2.18.0", "python3", (), ()),
        states={
            "cp1": HostState("timed out", "", (), "", None),
            "node1": reached(FULL),
            "node9": reached(facts(epoch=2000.0, addresses=["10.79.0.102"])),
        },
    )
    assert sorted(set(found)) == [
        "ansible_too_old",
        "bad_pin",
        "bundle_missing",
        "clock_skew",
        "host_outside_cluster",
        "host_unreachable",
        "model_list_mismatch",
        "network_invalid",
        "plan_missing",
        "port_taken",
        "site_value_differs",
        "too_little_disk",
        "unknown_variable",
        "value_invalid",
    ]


def test_a_host_outside_the_group_serving_needs_no_disk() -> None:
    full = {
        path: {"device": "1", "free_bytes": 0, "total_bytes": GIB} for path in FACTS.filesystems
    }
    states = {"cp1": reached(facts(filesystems=full)), "node1": reached(FACTS)}
    assert codes(states=states) == []
    states = {"cp1": reached(FACTS), "node1": reached(facts(filesystems=full))}
    assert codes(states=states) == ["too_little_disk"]


MADE = "/tmp/artifacts/plan.yml"


def test_a_plan_that_is_made_later_is_not_judged_but_its_engine_is() -> None:
    assert codes(plan=None, site=site(site_plan_file=MADE)) == []
    other = site(site_plan_file=MADE, site_engine="engin")
    (fault,) = preflight(dataclasses.replace(EVIDENCE, plan=None, site=other))
    assert (fault.code, fault.where, fault.fix) == (
        "unknown_engine_part",
        "site_engine",
        "write engine",
    )


def test_the_engine_of_a_plan_that_is_made_later_needs_its_disk() -> None:
    full = {
        path: {"device": "1", "free_bytes": 2 * GIB, "total_bytes": 8 * GIB}
        for path in FACTS.filesystems
    }
    states = {"cp1": reached(FACTS), "node1": reached(facts(filesystems=full))}
    assert EVIDENCE.bundle is not None
    parts = {**EVIDENCE.bundle.parts, "engine": {"version": "0.4.2", "bytes": GIB}}
    manifest = {**EVIDENCE.bundle.manifest, "parts": parts}
    bundle = dataclasses.replace(EVIDENCE.bundle, manifest=manifest)
    made = site(site_plan_file=MADE)
    assert codes(plan=None, site=made, states=states, bundle=bundle) == ["too_little_disk"]


def test_the_report_numbers_the_faults() -> None:
    faults = (
        Fault("swap_on", "node1", "1 GiB", "none", "swapoff"),
        Fault("port_taken", "node1", "java", "free", "stop java"),
    )
    assert report(faults) == (
        "preflight found 2 faults; no host was changed.\n\n"
        "1. node1: swap on\n   found:  1 GiB\n   needed: none\n   fix:    swapoff\n\n"
        "2. node1: port taken\n   found:  java\n   needed: free\n   fix:    stop java"
    )
    assert report(faults[:1]).startswith("preflight found 1 fault; no host was changed.")


def judged(**values: Any) -> list[tuple[str, str]]:
    faults = preflight(dataclasses.replace(EVIDENCE, **values))
    return [(fault.code, fault.needed) for fault in faults]


R1 = site(site_model="deepseek-r1")


@pytest.mark.parametrize(
    ("weight_format", "size"), [("fp8", "641.3 GiB"), ("bfloat16", "1275.0 GiB")]
)
def test_the_disk_takes_the_planned_format_of_a_model_that_the_mirror_lacks(
    weight_format: str, size: str
) -> None:
    path = f"{SITE.site_weights_destination}/deepseek-r1"
    filesystems = {
        **FACTS.filesystems,
        path: FileSystem(device="2", free_bytes=GIB, total_bytes=GIB),
    }
    small = dataclasses.replace(FACTS, filesystems=filesystems)
    planned = dataclasses.replace(PLAN, model=Model("deepseek-r1", weight_format))
    states = {"cp1": reached(FACTS), "node1": reached(small)}
    assert judged(site=R1, model=None, plan=planned, states=states) == [
        ("too_little_disk", f"{size}: {size} for the model")
    ]


def test_the_disk_takes_the_files_that_the_mirror_has() -> None:
    path = f"{SITE.site_weights_destination}/deepseek-r1"
    filesystems = {
        **FACTS.filesystems,
        path: FileSystem(device="2", free_bytes=GIB, total_bytes=GIB),
    }
    small = dataclasses.replace(FACTS, filesystems=filesystems)
    directory = Directory(True, {"a": 2 * GIB, "b": GIB})
    model = ModelDirectory("cp1:/m", directory, frozenset({"a", "b"}), "f" * 64, pinned=True)
    planned = dataclasses.replace(PLAN, model=Model("deepseek-r1", "fp8"))
    states = {"cp1": reached(FACTS), "node1": reached(small)}
    assert judged(site=R1, model=model, plan=planned, states=states) == [
        ("too_little_disk", "3.0 GiB: 3.0 GiB for the model")
    ]


def test_a_format_that_is_not_chosen_yet_needs_no_disk_yet() -> None:
    undecided = dataclasses.replace(R1, site_plan_file=MADE)
    assert judged(site=undecided, model=None, plan=None) == []


CUDA = {**CATALOGUE.parts["engine"], "image": "docker.io/e/e", "use": "upstream"}


def test_an_image_of_the_site_is_looked_for_and_needs_its_disk() -> None:
    assert EVIDENCE.bundle is not None
    catalogue = dataclasses.replace(CATALOGUE, parts={**CATALOGUE.parts, "cuda": CUDA})
    planned = dataclasses.replace(PLAN, engine_part="cuda")
    assert codes(plan=planned, catalogue=catalogue) == ["image_not_in_mirror"]
    own = {"docker.io/e/e:v0.4.2": Image("sha256:aa", 20 * GIB)}
    bundle = dataclasses.replace(EVIDENCE.bundle, images=own)
    assert judged(plan=planned, catalogue=catalogue, bundle=bundle) == [
        (
            "too_little_disk",
            "104.0 GiB: 1.0 GiB for logs, 102.0 GiB for the engine image, compressed and unpacked,"
            " 1.0 GiB for the model",
        )
    ]


def test_a_plan_with_faults_does_not_name_an_engine() -> None:
    other = dataclasses.replace(EVIDENCE, plan=None, site=site(site_engine="cuda"))
    assert preflight(other) == ()


def test_weights_that_nothing_pins_are_a_warning_with_their_digest() -> None:
    assert EVIDENCE.model is not None
    assert warnings(EVIDENCE) == ()
    free = dataclasses.replace(EVIDENCE.model, pinned=False)
    (warning,) = warnings(dataclasses.replace(EVIDENCE, model=free))
    assert warning.startswith("cp1:/m: nothing pins these weights.")
    assert f"whose SHA-256 is {'f' * 64}" in " ".join(warning.split())
    assert "set site_weights_digest" in warning


def test_weights_of_a_source_that_nothing_pins_are_a_warning() -> None:
    elsewhere = {"site_model": "deepseek-r1", "site_weights_source": "http://10.0.0.9/r1"}
    free = dataclasses.replace(EVIDENCE, model=None, site=site(**elsewhere))
    (warning,) = warnings(free)
    assert warning.startswith("http://10.0.0.9/r1: nothing pins these weights.")
    asked = site(**elsewhere, site_weights_digest="0" * 64)
    assert warnings(dataclasses.replace(free, site=asked)) == ()
    part = site(site_weights_source="http://10.0.0.9/r1")
    assert warnings(dataclasses.replace(free, site=part)) == ()
