"""A small site without a fault: two hosts, their facts, catalogue and plan."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import Catalogue
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    HostFacts,
    HostState,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import Inventory
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import (
    Plan,
    parse_plan,
)

GIB = 1024**3
WEIGHTS = "/var/lib/baremetal-sglang/models/smollm2"

INVENTORY = Inventory(
    groups={
        "mirror": ("cp1",),
        "control_plane": ("cp1",),
        "workers": ("node1",),
        "serving": ("node1",),
    },
    addresses={"cp1": "10.79.0.11", "node1": "10.79.0.12"},
)

SITE = Site(
    site_domain="cluster.internal",
    site_control_plane_endpoint="kube-api.cluster.internal",
    site_pod_network="10.244.0.0/16",
    site_service_network="10.96.0.0/12",
    site_network_plugin="flannel",
    site_bundle_path="/srv/bundle",
    site_mirror_address="10.79.0.11",
    site_model="smollm2",
    site_model_directory="",
    site_plan_file="plan.yml",
    site_engine="engine",
    site_constraints={},
    site_environment={},
    site_cache_path="/var/lib/baremetal-sglang/cache",
    site_weights_source="",
    site_weights_source_token="",
    site_weights_source_access_key="",
    site_weights_source_secret_key="",
    site_weights_source_region="us-east-1",
    site_weights_transfer="auto",
    site_weights_digest="",
    site_weights_destination="/var/lib/baremetal-sglang/models",
    site_nfs_server="",
    site_artifacts="/tmp/artifacts",
    site_kubeconfig="/tmp/artifacts/kubeconfig",
    site_endpoint_node_port=30080,
    site_router_replicas=0,
    site_serving_namespace="serving",
    site_eviction_imagefs_available="15%",
    site_eviction_nodefs_available="1Gi",
    site_image_gc_high_threshold_percent=85,
)

CATALOGUE = Catalogue(
    parts={
        "kube-apiserver": {"kind": "image", "version": "1.30.2", "tag": "v1.30.2"},
        "kubelet": {"kind": "deb", "version": "1.30.2-1.1"},
        "kubeadm": {"kind": "deb", "version": "1.30.2-1.1"},
        "engine": {"kind": "image", "version": "0.4.2", "tag": "v0.4.2"},
        "smollm2": {"kind": "model", "version": 1, "directory": "smollm2", "digest": "0" * 64},
        "builder": {"kind": "python", "version": "latest"},
    },
    sets={"core": ["kube-apiserver", "kubelet", "kubeadm"]},
)

ANSWER: dict[str, Any] = {
    "asked_at": 1000.0,
    "epoch": 1000.5,
    "python": "3.13.5",
    "distribution": {"id": "debian", "version": "13", "name": "Debian GNU/Linux 13 (trixie)"},
    "kernel": "6.12.1",
    "architecture": "x86_64",
    "cgroup_version": 2,
    "init": "systemd",
    "cpus": 2,
    "memory_bytes": 16 * GIB,
    "swap_bytes": 0,
    "filesystems": {
        path: {"device": "1", "free_bytes": 50 * GIB, "total_bytes": 100 * GIB}
        for path in ("/var/lib/containerd", "/var/log/pods", WEIGHTS)
    },
    "listeners": [],
    "addresses": ["10.79.0.11", "10.79.0.12"],
    "routes": [{"interface": "eth0", "network": "10.79.0.0/24"}],
    "foreign_runtimes": [],
    "cluster_server": "",
    "texts": {},
    "directories": {WEIGHTS: {"exists": False, "files": {}}},
    "existing": [],
    "blobs": [],
    "images": {},
}
FACTS = HostFacts.parse(ANSWER)

PLAN = parse_plan(
    {
        "schema": 1,
        "inventory": "test",
        "model": {"name": "smollm2", "format": "bfloat16"},
        "engine": {"part": "engine"},
        "layout": {"tensor_parallel": 1, "pipeline_parallel": 1, "data_parallel": 1},
        "groups": [{"name": "a", "ranks": [{"rank": 0, "host": "node1", "gpus": []}]}],
        "arguments": [],
        "environment": {},
        "ports": {"serving": 30000, "distributed": 20000},
        "resources": {"cpu": "1", "memory_gib": 4},
        "shared_memory_mib": 512,
        "startup_seconds": 900,
    }
)


def inventory(**groups: tuple[str, ...]) -> Inventory:
    """The inventory with some groups replaced; new hosts get addresses of their own."""
    merged = {**INVENTORY.groups, **groups}
    hosts = sorted({host for members in merged.values() for host in members})
    known = INVENTORY.addresses
    addresses = {
        host: known.get(host, f"10.79.0.{100 + number}") for number, host in enumerate(hosts)
    }
    return Inventory(groups=merged, addresses=addresses)


def site(**values: Any) -> Site:
    """The site with some values replaced."""
    return dataclasses.replace(SITE, **values)


def facts(**values: Any) -> HostFacts:
    """The facts with some fields of the module's answer replaced."""
    return HostFacts.parse({**ANSWER, **values})


def plan(**values: Any) -> Plan:
    """The plan with some fields replaced."""
    return dataclasses.replace(PLAN, **values)


def reached(host_facts: HostFacts) -> HostState:
    """The state of a host that gave its facts."""
    return HostState("", "/usr/bin/python3", (3, 13, 5), "", host_facts)
