"""The Prometheus Operator as a plain process, and a Prometheus with the configuration it makes.

Both are real, but Debian builds its Prometheus without the discovery of Kubernetes. What that would
find of the API server's pods is written to a file; all else is as the operator made it.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import urllib.parse
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import yaml

from lab.bundle.built import part
from lab.crowds.api import ControlPlane, until
from lab.crowds.programs import Program, free_port

PART = "prometheus-operator"
CRDS = "files/crds"
GROUP = "/apis/monitoring.coreos.com/v1"
NAME = "test"
# What the operator's config-reloader puts in when the pod starts.
RELOADED = {"SHARD": "0", "POD_NAME": f"prometheus-{NAME}-0"}


class _Loader(yaml.SafeLoader):
    """PyYAML takes a plain = for a tag of YAML 1.1; it is a text here."""

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        **yaml.SafeLoader.yaml_constructors,
        "tag:yaml.org,2002:value": yaml.SafeLoader.construct_yaml_str,
    }


def install_api(plane: ControlPlane) -> None:
    """Create the operator's CustomResourceDefinitions, out of its own module."""
    for path in sorted((part(PART) / CRDS).glob("*.yaml")):
        definition = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  a safe one
        plane.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
    for plural in ("podmonitors", "prometheusrules", "prometheuses"):
        listed = partial(plane.request, "GET", f"{GROUP}/{plural}")
        until(listed, plane.kubeconfig.with_name("kube-apiserver.log"))


def prometheus_object(namespace: str, labels: dict[str, str], **spec: Any) -> dict[str, Any]:
    """A Prometheus that selects objects of its own namespace by labels."""
    selector = {"matchLabels": labels}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Prometheus",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {
            "version": "v2.42.0",
            "podMonitorSelector": selector,
            "ruleSelector": selector,
            **spec,
        },
    }


def operator(plane: ControlPlane, namespace: str) -> Program:
    """The operator, of one namespace."""
    words = ("env", f"KUBECONFIG={plane.kubeconfig}", str(part(PART) / "bin/operator"))
    options = (f"--namespaces={namespace}", f"--web.listen-address=127.0.0.1:{free_port()}")
    return Program(PART, (*words, *options))


def made_configuration(plane: ControlPlane, namespace: str) -> dict[str, Any]:
    """The configuration that the operator made; OSError until it is there."""
    path = f"/api/v1/namespaces/{namespace}/secrets/prometheus-{NAME}"
    packed = base64.b64decode(plane.request("GET", path)["data"]["prometheus.yaml.gz"])
    text = gzip.decompress(packed).decode()
    for name, value in RELOADED.items():
        text = text.replace(f"$({name})", value)
    made: dict[str, Any] = yaml.safe_load(text)
    if not made.get("scrape_configs"):
        raise OSError("no scrapes yet")
    return made


def made_rules(plane: ControlPlane, namespace: str) -> str:
    """The file of rules that the operator made; OSError until it is there."""
    found = plane.request("GET", f"/api/v1/namespaces/{namespace}/configmaps")["items"]
    texts = [
        text
        for each in found
        if each["metadata"]["name"].startswith(f"prometheus-{NAME}-rulefiles")
        for text in (each.get("data") or {}).values()
    ]
    if not texts:
        raise OSError("no rules yet")
    (text,) = texts
    return str(text)


def prometheus(
    plane: ControlPlane, directory: Path, made: dict[str, Any], rules: str
) -> tuple[Program, str]:
    """Debian's Prometheus with what the operator made, and its address."""
    (directory / "rules.yml").write_text(rules, encoding="utf-8")
    for scrape in made["scrape_configs"]:
        (wanted,) = scrape.pop("kubernetes_sd_configs")
        (namespace,) = wanted["namespaces"]["names"]
        found = directory / f"{namespace}.json"
        found.write_text(json.dumps(discovered(plane, namespace)), encoding="utf-8")
        scrape["file_sd_configs"] = [{"files": [str(found)]}]
    made["rule_files"] = [str(directory / "rules.yml")]
    made["global"]["evaluation_interval"] = "1s"
    configuration = directory / "prometheus.yml"
    configuration.write_text(yaml.safe_dump(made), encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    options = (
        f"--config.file={configuration}",
        f"--storage.tsdb.path={directory / 'tsdb'}",
        f"--web.listen-address={address}",
    )
    return Program("prometheus", ("prometheus", *options)), f"http://{address}"


def discovered(plane: ControlPlane, namespace: str) -> list[dict[str, Any]]:
    """Targets of a namespace with their labels, as kubernetes_sd_config has those of pods."""
    return [
        {"targets": [f"{pod['status']['podIP']}:{port['containerPort']}"], "labels": labels}
        for pod in plane.request("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]
        for container in pod["spec"]["containers"]
        for port in container["ports"]
        for labels in [_found_labels(pod, container, port)]
    ]


def _found_labels(
    pod: dict[str, Any], container: dict[str, Any], port: dict[str, Any]
) -> dict[str, str]:
    found = {
        "namespace": pod["metadata"]["namespace"],
        "pod_name": pod["metadata"]["name"],
        "pod_ip": pod["status"]["podIP"],
        "pod_phase": pod["status"]["phase"],
        "pod_node_name": pod["spec"]["nodeName"],
        "pod_container_name": container["name"],
        "pod_container_port_name": port["name"],
        "pod_container_port_number": str(port["containerPort"]),
        "pod_container_port_protocol": port["protocol"],
    }
    for name, value in pod["metadata"]["labels"].items():
        plain = re.sub(r"[^a-zA-Z0-9_]", "_", name)
        found[f"pod_label_{plain}"] = value
        found[f"pod_labelpresent_{plain}"] = "true"
    return {f"__meta_kubernetes_{name}": value for name, value in found.items()}


def asked(address: str, path: str, **parameters: str) -> Any:
    """The data of an answer of Prometheus' API."""
    words = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{address}/api/v1/{path}?{words}", timeout=30) as answer:
        return json.loads(answer.read())["data"]
