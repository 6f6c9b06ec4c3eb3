# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's values once their types are right, and the rules between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import DIGEST
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import (
    Inventory,
    empty_group,
    is_ipv4,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.asked import (
    cache_faults,
    environment_faults,
    parse_constraints,
)

DNS_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9-]*[a-z][a-z0-9-]*"
)
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# What the kubelet takes as an eviction threshold: a quantity or a share.
THRESHOLD = re.compile(r"[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?|[0-9]{1,2}(\.[0-9]+)?%")
# kube-apiserver's default --service-node-port-range.
NODE_PORTS = range(30000, 32768)


@dataclass(frozen=True)
class Site:
    """The site_* values that preflight reads; paths and ports as the schema describes them."""

    site_domain: str
    site_control_plane_endpoint: str
    site_pod_network: str
    site_service_network: str
    site_network_plugin: str
    site_bundle_path: str
    site_mirror_address: str
    site_model: str
    site_model_directory: str
    site_plan_file: str
    site_engine: str
    site_constraints: Mapping[str, Any]
    site_environment: Mapping[str, Any]
    site_cache_path: str
    site_weights_source: str
    site_weights_source_token: str = field(repr=False)
    site_weights_source_access_key: str = field(repr=False)
    site_weights_source_secret_key: str = field(repr=False)
    site_weights_source_region: str
    site_weights_transfer: str
    site_weights_digest: str
    site_weights_destination: str
    site_nfs_server: str
    site_artifacts: str
    site_kubeconfig: str
    site_endpoint_node_port: int
    site_router_replicas: int
    site_serving_namespace: str
    site_eviction_imagefs_available: str
    site_eviction_nodefs_available: str
    site_image_gc_high_threshold_percent: int

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Site:
        """Take the fields from values whose types were checked before."""
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    @property
    def plan_is_made(self) -> bool:
        """Whether the planner writes the plan. At any other path it is the site's own."""
        return self.site_plan_file == f"{self.site_artifacts}/plan.yml"


def site_faults(site: Site, inventory: Inventory) -> Iterator[Fault]:
    """Faults of single values beyond their type, and between values and groups."""
    yield from _names(site)
    yield from _thresholds(site)
    yield from _numbers(site)
    yield from _mirror(site, inventory)
    yield from _absolute(site)
    yield from _digest(site)
    yield from _nfs_server(site, inventory)
    yield from parse_constraints(site.site_constraints)[1]
    yield from environment_faults(site.site_environment)
    yield from cache_faults(site.site_cache_path)


def _names(site: Site) -> Iterator[Fault]:
    for variable in ("site_domain", "site_control_plane_endpoint"):
        value = getattr(site, variable)
        if not DNS_NAME.fullmatch(value):
            yield _invalid(variable, value, "a DNS name in lower case, and not an address")
    if not NAMESPACE.fullmatch(site.site_serving_namespace):
        value = site.site_serving_namespace
        yield _invalid(
            "site_serving_namespace", value, "lower-case letters, digits and '-', at most 63"
        )


def _thresholds(site: Site) -> Iterator[Fault]:
    for variable in ("site_eviction_imagefs_available", "site_eviction_nodefs_available"):
        value = getattr(site, variable)
        if not THRESHOLD.fullmatch(value):
            yield _invalid(variable, value, "a quantity such as 1Gi or a share such as 15%")


def _numbers(site: Site) -> Iterator[Fault]:
    port, percent = site.site_endpoint_node_port, site.site_image_gc_high_threshold_percent
    if port not in NODE_PORTS:
        yield _invalid(
            "site_endpoint_node_port", port, f"{NODE_PORTS.start} to {NODE_PORTS.stop - 1}"
        )
    if site.site_router_replicas < 0:
        yield _invalid("site_router_replicas", site.site_router_replicas, "0 for none, or more")
    if not 1 <= percent <= 100:
        yield _invalid("site_image_gc_high_threshold_percent", percent, "1 to 100")


def _mirror(site: Site, inventory: Inventory) -> Iterator[Fault]:
    if not inventory.group("mirror"):
        yield empty_group(inventory, "mirror", "one host that serves the bundle")
    if not site.site_bundle_path:
        yield Fault(
            code="bundle_path_missing",
            where="site_bundle_path",
            found="empty",
            needed="the directory of the bundle on the mirror: this version installs from a"
            " bundle only, not from the upstream repositories",
            fix="set site_bundle_path",
        )
    if site.site_mirror_address and not is_ipv4(site.site_mirror_address):
        yield _invalid("site_mirror_address", site.site_mirror_address, "an IPv4 address")


def _absolute(site: Site) -> Iterator[Fault]:
    for variable in ("site_bundle_path", "site_weights_destination"):
        value = getattr(site, variable)
        if value and not value.startswith("/"):
            yield _invalid(variable, value, "an absolute path on the host")


def _digest(site: Site) -> Iterator[Fault]:
    digest = site.site_weights_digest
    if digest and not DIGEST.fullmatch(digest):
        needed = "the SHA-256 of the model's SHA256SUMS, 64 lower-case hex digits, or nothing"
        yield _invalid("site_weights_digest", digest, needed)


def _nfs_server(site: Site, inventory: Inventory) -> Iterator[Fault]:
    server, serving = site.site_nfs_server, inventory.group("serving")
    if server and server not in serving:
        yield _invalid(
            "site_nfs_server", server, f"a host of the group serving: {', '.join(serving)}"
        )


def _invalid(variable: str, value: object, needed: str) -> Fault:
    return Fault(
        code="value_invalid",
        where=variable,
        found=repr(value),
        needed=needed,
        fix=f"correct {variable}",
    )
