"""LeaderWorkerSet's controller as a plain process, with its own API and webhooks."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import yaml

from lab.bundle.built import part
from lab.crowds.api import ControlPlane, until
from lab.crowds.programs import Program, free_port

PART = "leaderworkerset"
CRDS = "files/chart/crds"
WEBHOOKS = "files/chart/templates/webhook/webhook.yaml"
CERTIFICATE_DAYS = 30


def install_api(plane: ControlPlane) -> None:
    """Create the CustomResourceDefinitions of LeaderWorkerSet's chart.

    The controller ends after two minutes when one of the kinds that it watches is missing.
    """
    for path in sorted((part(PART) / CRDS).glob("*.yaml")):
        definition = yaml.safe_load(path.read_text(encoding="utf-8"))
        plane.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
    until(
        lambda: plane.request("GET", "/apis/leaderworkerset.x-k8s.io/v1/leaderworkersets"),
        plane.kubeconfig.with_name("kube-apiserver.log"),
    )


def controller(plane: ControlPlane, directory: Path) -> tuple[Program, int]:
    """The controller with a certificate and settings below `directory`, and its webhooks' port."""
    port = free_port()
    _certificate(directory)
    settings = directory / "leaderworkerset.yml"
    settings.write_text(yaml.safe_dump(_settings(directory, port)), encoding="utf-8")
    argv = (
        str(part(PART) / "bin/manager"),
        *(f"--kubeconfig={plane.kubeconfig}", f"--config={settings}"),
    )
    return Program(PART, argv), port


def _settings(directory: Path, port: int) -> dict[str, Any]:
    return {
        "apiVersion": "config.lws.x-k8s.io/v1alpha1",
        "kind": "Configuration",
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {"enable": False},
        "health": {"healthProbeBindAddress": "127.0.0.1:0"},
        "metrics": {"bindAddress": "0"},
        "webhook": {"host": "127.0.0.1", "port": port, "certDir": str(directory)},
    }


def _certificate(directory: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
            *("-days", str(CERTIFICATE_DAYS), "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(directory / "tls.key"), "-out", str(directory / "tls.crt")),
        ],
        check=True,
        capture_output=True,
    )


def install_webhooks(plane: ControlPlane, directory: Path, port: int) -> None:
    """The chart's own webhooks, reached by address instead of through a Service."""
    text = (part(PART) / WEBHOOKS).read_text(encoding="utf-8")
    plain = "\n".join(line for line in text.splitlines() if "{{-" not in line)
    authority = base64.b64encode((directory / "tls.crt").read_bytes()).decode()
    for configuration in yaml.safe_load_all(plain.replace("{{ .Release.Namespace }}", "x")):
        for webhook in configuration["webhooks"]:
            path = webhook["clientConfig"]["service"]["path"]
            webhook["clientConfig"] = {
                "url": f"https://127.0.0.1:{port}{path}",
                "caBundle": authority,
            }
        kind = configuration["kind"].lower() + "s"
        plane.request("POST", f"/apis/admissionregistration.k8s.io/v1/{kind}", configuration)
