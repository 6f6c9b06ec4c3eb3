"""What the kubelet and an operator find on a host that was made a node from a mirror."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

testinfra_hosts = ["ansible://node1"]

APT = "http://10.79.1.11:8080/apt"
KEY = "/etc/apt/keyrings/baremetal-sglang.asc"
PARTS = yaml.safe_load((Path(__file__).parents[3] / "catalogue/parts.yml").read_text())[
    "catalogue_parts"
]
PACKAGES = ["containerd.io", "kubeadm", "kubectl", "kubelet", "kubernetes-cni"]
PULL = "ctr --namespace=k8s.io images pull --hosts-dir=/etc/containerd/certs.d"
CAP_SYS_RESOURCE = 24


def test_the_package_list_is_signed_by_the_key_of_the_bundle(host: Any) -> None:
    host.check_output(
        f"/usr/lib/apt/apt-helper download-file {APT}/dists/stable/InRelease /tmp/InRelease"
    )
    check = f"rm -f /tmp/said && sqv --keyring {KEY} --cleartext --output /tmp/said /tmp/InRelease"
    assert host.run_test(check).succeeded
    host.check_output("sed -i s/^Codename:/Codename:x/ /tmp/InRelease")
    assert host.run_test(check).failed


def test_apt_knows_the_mirror_and_nothing_else(host: Any) -> None:
    lines = host.check_output("apt-get --print-uris update").splitlines()
    assert f"{APT}/dists/stable/InRelease" in lines[0]
    assert [line for line in lines if not line.startswith(f"'{APT}/")] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_has_the_version_of_the_catalogue_and_is_held(host: Any, name: str) -> None:
    assert host.package(name).version == PARTS[name]["version"]
    assert name in host.check_output("apt-mark showhold").splitlines()


def test_the_sandbox_image_is_pulled_by_its_upstream_name(host: Any) -> None:
    image = f"{PARTS['pause']['image']}:{PARTS['pause']['tag']}"
    host.check_output(f"{PULL} {image}")
    assert image in host.check_output("ctr --namespace=k8s.io images list --quiet").splitlines()


def test_the_cri_asks_the_mirror_alone_for_an_image_that_it_lacks(host: Any) -> None:
    version = PARTS["kubernetes"]["version"]
    answer = host.run(
        "kubeadm config images pull --image-repository=registry.k8s.io/absent"
        f" --kubernetes-version=v{version}"
    )
    assert answer.failed
    assert f"registry.k8s.io/absent/kube-apiserver:v{version}: not found" in answer.stderr


def test_oom_score_adj_is_restricted_only_where_it_cannot_be_lowered(host: Any) -> None:
    bounding = re.search(r"CapBnd:\s*(\w+)", host.file("/proc/1/status").content_string)
    assert bounding
    may_lower = int(bounding[1], 16) >> CAP_SYS_RESOURCE & 1
    setting = f"restrict_oom_score_adj = {'false' if may_lower else 'true'}"
    assert setting in host.check_output("containerd config dump")


@pytest.mark.parametrize(
    "name",
    [
        "net.ipv4.ip_forward",
        "net.bridge.bridge-nf-call-iptables",
        "net.bridge.bridge-nf-call-ip6tables",
    ],
)
def test_the_kernel_routes_between_pods(host: Any, name: str) -> None:
    assert host.sysctl(name) == 1


@pytest.mark.parametrize("name", ["kube-api.cluster.internal", "node1"])
def test_the_hosts_know_the_names_of_the_cluster(host: Any, name: str) -> None:
    assert host.addr(name).ipv4_addresses == ["10.79.1.12"]


def test_a_host_without_a_default_route_has_a_route_to_the_services(host: Any) -> None:
    assert host.check_output("ip route show default") == ""
    assert host.check_output("ip route get 10.96.0.1").startswith("10.96.0.1 dev host0")


@pytest.mark.parametrize("unit", ["containerd", "kubelet"])
def test_a_reboot_brings_the_node_back(host: Any, unit: str) -> None:
    assert host.service(unit).is_enabled
