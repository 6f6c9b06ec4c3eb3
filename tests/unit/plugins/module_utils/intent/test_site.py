"""Values of the site beyond their types."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site, site_faults

from tests.unit.plugins.module_utils.intent.samples import INVENTORY, SITE, inventory, site


def test_the_sample_has_no_fault() -> None:
    assert list(site_faults(SITE, INVENTORY)) == []


def test_a_site_is_parsed_from_the_values_that_it_reads() -> None:
    values = {**dataclasses.asdict(SITE), "site_question": "not read here"}
    assert Site.parse(values) == SITE


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("site_domain", "Cluster.Internal"),
        ("site_domain", "-cluster.internal"),
        ("site_control_plane_endpoint", "10.79.0.11"),
        ("site_control_plane_endpoint", "kube_api.internal"),
        ("site_control_plane_endpoint", ""),
        ("site_control_plane_endpoint", "a" * 64 + "." + "b" * 200),
        ("site_serving_namespace", "Serving"),
        ("site_serving_namespace", "serving.prod"),
        ("site_serving_namespace", "s" * 64),
        ("site_eviction_imagefs_available", "1GB"),
        ("site_eviction_nodefs_available", "150%"),
        ("site_eviction_nodefs_available", ""),
        ("site_endpoint_node_port", 29999),
        ("site_endpoint_node_port", 32768),
        ("site_router_replicas", -1),
        ("site_image_gc_high_threshold_percent", 0),
        ("site_image_gc_high_threshold_percent", 101),
        ("site_mirror_address", "mirror.example"),
        ("site_bundle_path", "srv/bundle"),
        ("site_weights_destination", "models"),
        ("site_nfs_server", "nas"),
        ("site_weights_digest", "0" * 63),
        ("site_weights_digest", "A" * 64),
        ("site_weights_digest", f"sha256:{'0' * 64}"),
    ],
)
def test_a_wrong_value_is_one_fault_at_its_variable(variable: str, value: Any) -> None:
    faults = list(site_faults(site(**{variable: value}), INVENTORY))
    assert [(fault.code, fault.where) for fault in faults] == [("value_invalid", variable)]
    assert faults[0].found == repr(value)


@pytest.mark.parametrize("path", ["cache", "/", "/var/../etc", "/var/cache/", "/var//cache", "~/c"])
def test_a_cache_that_no_pod_can_mount_is_one_fault(path: str) -> None:
    (fault,) = site_faults(site(site_cache_path=path), INVENTORY)
    assert (fault.code, fault.where) == ("cache_path_invalid", "site_cache_path")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("site_cache_path", ""),
        ("site_cache_path", "/srv/.kernels/v1.2"),
        ("site_weights_digest", ""),
        ("site_weights_digest", "09af" * 16),
        ("site_domain", "internal"),
        ("site_control_plane_endpoint", "kube-api"),
        ("site_control_plane_endpoint", "1.api.example"),
        ("site_eviction_imagefs_available", "500Mi"),
        ("site_eviction_imagefs_available", "12.5%"),
        ("site_eviction_imagefs_available", "1000000000"),
        ("site_endpoint_node_port", 32767),
        ("site_router_replicas", 2),
        ("site_image_gc_high_threshold_percent", 100),
        ("site_mirror_address", ""),
    ],
)
def test_a_right_value_is_no_fault(variable: str, value: Any) -> None:
    assert list(site_faults(site(**{variable: value}), INVENTORY)) == []


def test_a_site_needs_a_mirror_and_a_bundle() -> None:
    without_mirror = site_faults(SITE, inventory(mirror=()))
    assert [fault.code for fault in without_mirror] == ["no_mirror_host"]
    without_bundle = site_faults(site(site_bundle_path=""), INVENTORY)
    assert [fault.code for fault in without_bundle] == ["bundle_path_missing"]
    without_both = site_faults(site(site_bundle_path=""), inventory(mirror=()))
    assert [fault.code for fault in without_both] == ["no_mirror_host", "bundle_path_missing"]


def test_a_plan_at_the_planners_own_path_is_made() -> None:
    assert site(site_artifacts="/a/site", site_plan_file="/a/site/plan.yml").plan_is_made
    assert not site(site_artifacts="/a/site", site_plan_file="/a/plan.yml").plan_is_made


def test_what_is_asked_of_the_plan_is_judged_before_anything_is_changed() -> None:
    asked = site(site_constraints={"concurrency": 0}, site_environment={"A": 1})
    assert [(fault.code, fault.where) for fault in site_faults(asked, INVENTORY)] == [
        ("constraint_invalid", "site_constraints.concurrency"),
        ("environment_invalid", "site_environment.A"),
    ]
