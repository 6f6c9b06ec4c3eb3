from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    PREFIX,
    RACK_LABEL,
    label_faults,
    prefix_faults,
)

RULE = "at most 63 letters, digits and '-_.', with a letter or digit first and last"


def test_rack_label_stands_under_the_prefix() -> None:
    assert RACK_LABEL == "sglang.baremetal.io/rack"
    assert list(prefix_faults(PREFIX)) == []


@pytest.mark.parametrize("prefix", ["a/", "a.b-c.example.net/", f"{'a.' * 126}a/"])
def test_dns_name_with_a_slash_is_a_prefix(prefix: str) -> None:
    assert list(prefix_faults(prefix)) == []


@pytest.mark.parametrize(
    "prefix", ["", "/", "a", "a//", "A/", "a b/", "-a/", "a-/", "a..b/", f"{'a.' * 127}a/"]
)
def test_anything_else_is_not(prefix: str) -> None:
    assert list(prefix_faults(prefix)) == [
        f"prefix: found {prefix!r}, needed a DNS name of at most 253 characters and one '/'"
    ]


@pytest.mark.parametrize(
    ("prefix", "domain"),
    [
        ("kubernetes.io/", "kubernetes.io"),
        ("node.kubernetes.io/", "kubernetes.io"),
        ("k8s.io/", "k8s.io"),
        ("x.k8s.io/", "k8s.io"),
    ],
)
def test_kubernetes_domains_are_refused(prefix: str, domain: str) -> None:
    assert list(prefix_faults(prefix)) == [
        f"prefix: found {prefix!r}, needed a domain that is not Kubernetes' {domain}"
    ]


def test_domain_that_only_ends_alike_is_taken() -> None:
    assert list(prefix_faults("notk8s.io/")) == []


@pytest.mark.parametrize("value", ["", "a", "A.b_c-1", "9", 7, 0, "a" * 63])
def test_value_of_a_label(value: object) -> None:
    assert list(label_faults({"gpu-01.example.net": {"rack": value}})) == []


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (
            {"GPU_1": {}},
            ["nodes: found 'GPU_1', needed the name of a node, as DNS names are"],
        ),
        (
            {"n": "rack-a"},
            ["nodes.n: found 'rack-a', needed a mapping of label names to values"],
        ),
        ({"n": None}, ["nodes.n: found None, needed a mapping of label names to values"]),
        (
            {"n": {"a/b": "c"}},
            [f"nodes.n.a/b: found the label name 'a/b', needed {RULE}"],
        ),
        ({"n": {"": "c"}}, [f"nodes.n.: found the label name '', needed {RULE}"]),
        (
            {"n": {"a" * 64: "c"}},
            [f"nodes.n.{'a' * 64}: found the label name {'a' * 64!r}, needed {RULE}"],
        ),
        (
            {"n": {"rack": "row 3"}},
            [f"nodes.n.rack: found the value 'row 3', needed {RULE}, or nothing"],
        ),
        (
            {"n": {"rack": "-a"}},
            [f"nodes.n.rack: found the value '-a', needed {RULE}, or nothing"],
        ),
        (
            {"n": {"rack": "a" * 64}},
            [f"nodes.n.rack: found the value {'a' * 64!r}, needed {RULE}, or nothing"],
        ),
        (
            {"n": {"rack": -3}},
            [f"nodes.n.rack: found the value -3, needed {RULE}, or nothing"],
        ),
        (
            {"n": {"rack": True}},
            ["nodes.n.rack: found True, needed a text or a whole number; write it in quotes"],
        ),
        (
            {"n": {"rack": 1.5}},
            ["nodes.n.rack: found 1.5, needed a text or a whole number; write it in quotes"],
        ),
        (
            {"n": {"rack": ["a"]}},
            ["nodes.n.rack: found ['a'], needed a text or a whole number; write it in quotes"],
        ),
    ],
)
def test_fault_says_where_and_what_is_needed(nodes: dict[str, Any], expected: list[str]) -> None:
    assert list(label_faults(nodes)) == expected
