"""Module node_labels against a real API server: set, change, remove, and whose labels they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.error import HTTPError

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import (
    Change,
    OperationError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import Cluster
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.node_labels import (
    NodeLabelsSpec,
    ensure,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import Ref
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import Request
from ansible_collections.baremetal.sglang.plugins.modules import node_labels

from lab.crowds.api import ControlPlane

RACK = "sglang.baremetal.io/rack"
ROW = "sglang.baremetal.io/row"
FOREIGN = {"kubernetes.io/hostname": "x", "nvidia.com/gpu.count": "8", "rack": "by-hand"}
NODES = ("gpu-01", "gpu-02", "gpu-03")


@pytest.fixture
def nodes(bare_plane: ControlPlane) -> Iterator[ControlPlane]:
    """An API server with three nodes that carry labels of others."""
    for name in NODES:
        node = {"metadata": {"name": name, "labels": FOREIGN, "annotations": {"a": "b"}}}
        bare_plane.request("POST", "/api/v1/nodes", node)
    yield bare_plane
    for name in NODES:
        try:
            bare_plane.request("DELETE", f"/api/v1/nodes/{name}")
        except HTTPError as error:
            if error.code != 404:  # a test deleted it itself
                raise


def run(plane: ControlPlane, wanted: dict[str, Any], *, check: bool = False, **more: Any) -> Change:
    asked = {
        "kubeconfig": str(plane.kubeconfig),
        "context": None,
        "prefix": "sglang.baremetal.io/",
        "nodes": wanted,
        **more,
    }
    return node_labels.operate(Request(asked, check_mode=check, diff_mode=True))


def stored(plane: ControlPlane) -> dict[str, tuple[str, dict[str, str]]]:
    """Version and labels of each node, read without the collection's client."""
    return {
        node["metadata"]["name"]: (node["metadata"]["resourceVersion"], node["metadata"]["labels"])
        for node in plane.request("GET", "/api/v1/nodes")["items"]
    }


def labels(plane: ControlPlane, name: str) -> dict[str, str]:
    """The labels of a node that are not the foreign ones, which must be there."""
    found = stored(plane)[name][1]
    assert {key: found[key] for key in FOREIGN} == FOREIGN
    return {key: value for key, value in found.items() if key not in FOREIGN}


STEPS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    (
        {"gpu-01": {"rack": "a"}, "gpu-02": {"rack": "b", "row": 3}},
        (
            f"set {RACK}=a on Node gpu-01",
            f"set {RACK}=b on Node gpu-02",
            f"set {ROW}=3 on Node gpu-02",
        ),
    ),
    ({"gpu-01": {"rack": "a"}, "gpu-02": {"rack": "b", "row": 3}}, ()),
    (
        {"gpu-01": {"rack": "a"}, "gpu-02": {"rack": "c"}, "gpu-03": {"rack": "c"}},
        (
            f"set {RACK}=c on Node gpu-02",
            f"remove {ROW} from Node gpu-02",
            f"set {RACK}=c on Node gpu-03",
        ),
    ),
    (
        {"gpu-03": {"rack": "c"}},
        (f"remove {RACK} from Node gpu-01", f"remove {RACK} from Node gpu-02"),
    ),
    ({"gpu-03": {"rack": "c"}}, ()),
    ({}, (f"remove {RACK} from Node gpu-03",)),
    ({}, ()),
]


def test_set_again_change_again_remove_again_each_in_check_mode_first(
    nodes: ControlPlane,
) -> None:
    for wanted, expected in STEPS:
        before = stored(nodes)
        promised = run(nodes, wanted, check=True)
        assert stored(nodes) == before
        done = run(nodes, wanted)
        assert (promised.actions, done.actions) == (expected, expected)
        assert promised == done
        assert (stored(nodes) == before) is (expected == ())
        for name in NODES:
            asked = wanted.get(name, {}).items()
            assert labels(nodes, name) == {
                f"sglang.baremetal.io/{key}": str(value) for key, value in asked
            }
    assert [labels(nodes, name) for name in NODES] == [{}, {}, {}]


def test_diff_shows_only_nodes_that_change_and_only_the_prefix(nodes: ControlPlane) -> None:
    run(nodes, {"gpu-01": {"rack": "a"}, "gpu-02": {"rack": "b"}})
    change = run(nodes, {"gpu-01": {"rack": "a"}, "gpu-02": {"row": "2"}})
    assert change.before == {"gpu-02": {RACK: "b"}}
    assert change.after == {"gpu-02": {ROW: "2"}}
    assert change.result == {"nodes": {"gpu-01": {RACK: "a"}, "gpu-02": {ROW: "2"}}}


def test_label_that_a_person_left_under_the_prefix_is_set_right_or_removed(
    nodes: ControlPlane,
) -> None:
    run(nodes, {"gpu-01": {"rack": "a"}})
    by_hand = {"metadata": {"labels": {RACK: "z", "sglang.baremetal.io/old": "1"}}}
    nodes.request("PATCH", "/api/v1/nodes/gpu-01", by_hand)
    nodes.request("PATCH", "/api/v1/nodes/gpu-02", by_hand)
    expected = (
        "remove sglang.baremetal.io/old from Node gpu-01",
        f"set {RACK}=a on Node gpu-01",
        "remove sglang.baremetal.io/old from Node gpu-02",
        f"remove {RACK} from Node gpu-02",
    )
    assert run(nodes, {"gpu-01": {"rack": "a"}}, check=True).actions == expected
    assert run(nodes, {"gpu-01": {"rack": "a"}}).actions == expected
    assert labels(nodes, "gpu-01") == {RACK: "a"}
    assert labels(nodes, "gpu-02") == {}


def test_two_prefixes_do_not_take_each_others_labels(nodes: ControlPlane) -> None:
    run(nodes, {"gpu-01": {"rack": "a"}})
    other = run(nodes, {"gpu-01": {"rail": "1"}}, prefix="fabric.example.net/")
    assert other.actions == ("set fabric.example.net/rail=1 on Node gpu-01",)
    assert labels(nodes, "gpu-01") == {RACK: "a", "fabric.example.net/rail": "1"}
    run(nodes, {})
    assert labels(nodes, "gpu-01") == {"fabric.example.net/rail": "1"}


def test_labels_are_owned_by_our_field_manager(nodes: ControlPlane) -> None:
    run(nodes, {"gpu-01": {"rack": "a"}})
    node = nodes.request("GET", "/api/v1/nodes/gpu-01")
    fields = {
        entry["manager"]: entry["fieldsV1"]["f:metadata"]["f:labels"]
        for entry in node["metadata"]["managedFields"]
        if entry["operation"] == "Apply"
    }
    assert fields == {"baremetal.sglang/sglang.baremetal.io": {f"f:{RACK}": {}}}
    assert node["metadata"]["annotations"] == {"a": "b"}


def test_node_that_does_not_exist_is_an_error_and_none_is_created_or_labelled(
    nodes: ControlPlane,
) -> None:
    wanted = {"gpu-01": {"rack": "a"}, "gpu-09": {"rack": "a"}, "gpu-08": {"rack": "a"}}
    with pytest.raises(
        OperationError, match=r"no node gpu-08, gpu-09; its nodes are gpu-01, "
    ) as e:
        run(nodes, wanted)
    assert e.value.details == {"unknown": ["gpu-08", "gpu-09"]}
    assert sorted(stored(nodes)) == list(NODES)
    assert labels(nodes, "gpu-01") == {}
    promised = run(nodes, wanted, check=True)
    assert promised.actions == (
        f"set {RACK}=a on Node gpu-01",
        f"set {RACK}=a on Node gpu-08 (not asked: no such node yet)",
        f"set {RACK}=a on Node gpu-09 (not asked: no such node yet)",
    )
    assert sorted(stored(nodes)) == list(NODES)


def test_host_that_left_the_cluster_needs_no_labels(nodes: ControlPlane) -> None:
    nodes.request("DELETE", "/api/v1/nodes/gpu-03")
    assert run(nodes, {"gpu-03": {}}).actions == ()
    assert sorted(stored(nodes)) == ["gpu-01", "gpu-02"]


def test_node_deleted_between_reading_and_labelling_is_not_created(nodes: ControlPlane) -> None:
    class Slow(Cluster):
        def list(self, ref: Ref, **selectors: str) -> Sequence[dict[str, Any]]:
            found = super().list(ref, **selectors)
            nodes.request("DELETE", "/api/v1/nodes/gpu-03")
            return found

    spec = NodeLabelsSpec("sglang.baremetal.io/", {"gpu-03": {RACK: "a"}})
    with pytest.raises(OperationError, match=r"^Node gpu-03: the API server answered 409 Conflict"):
        ensure(
            lambda: Slow.connect(kubeconfig=str(nodes.kubeconfig), context=None),
            spec,
            check_mode=False,
            clock=Clock(),
        )
    assert sorted(stored(nodes)) == ["gpu-01", "gpu-02"]
