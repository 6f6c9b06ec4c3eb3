# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The router as Kubernetes objects: a Service, a Deployment and its PodDisruptionBudget.

What the router does was tried; docs/router.md has it with the commands. It asks the API server for
nothing, so its pods have no token, and no account or role is made for them.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    HOST_LABEL,
    OWNER,
    PREFIX,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.router_spec import (
    METRICS_OPTION,
    PORTS,
    RouterSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import USER_ID

NAME = "router"
KEYS_SECRET = "router-keys"  # noqa: S105  the name of an object
"""Secret of the clients' keys, which role sglang makes: an entry for each tenant, its name."""

KEYS_PATH = "/etc/router-keys"
KEYS_VERSION = f"{PREFIX}keys-version"
"""Annotation of a pod: routers read their keys at the start, so other keys are another template.
It is the Secret's resourceVersion: a digest of keys would let people try keys against it."""

LABELS = {"app.kubernetes.io/name": "smg", "app.kubernetes.io/component": NAME}

# The keys are in no argument list: that is what the pod's object shows, and ps on the host. A
# tenant's key answers questions only; --api-key would also open POST /workers and /flush_cache.
LAUNCH = f"""\
import pathlib, sys
from smg.launch_router import launch_router, parse_router_args
files = sorted(pathlib.Path("{KEYS_PATH}").glob("[!.]*"))
keys = [file.name + ":" + file.read_text().strip() for file in files]
if not keys:
    sys.exit("no key in {KEYS_PATH}: the router would answer everybody")
given = [word for key in keys for word in ("--tenant-api-key", key)]
launch_router(parse_router_args(sys.argv[1:] + given))
"""

ENDPOINT_SECONDS = 10
"""Time from the pod's deletion until no node sends it new connections: it must answer these."""

DRAIN_SECONDS = 180
"""Time for the answers that have begun: the router's own default (--shutdown-grace-period-secs)."""

HEALTH_SECONDS = 10
"""The engine's own probes have this period and timeout: its /health makes a token, which takes
1 s at least. A question to an engine that is gone goes to another at once, within 0.1 s."""

STARTUP_SECONDS = 31536000
"""A year. An engine that has not answered in this time is never asked again (1800 s is the default,
less than a large model may take to load after its node was lost)."""


def router_objects(spec: RouterSpec) -> list[dict[str, Any]]:
    """Return the router's objects in the order in which they are applied."""
    return [_service(spec), _budget(spec), _deployment(spec)]


def launch_arguments(spec: RouterSpec) -> list[str]:
    """Arguments of smg.launch_router, but for the keys."""
    options: dict[str, object] = {
        "--host": "0.0.0.0",  # noqa: S104  clients and the kubelet reach the pod's address
        "--port": PORTS["serving"],
        "--health-check-port": PORTS["health"],
        "--worker-startup-timeout-secs": STARTUP_SECONDS,
        "--worker-startup-check-interval": HEALTH_SECONDS,
        "--health-check-interval-secs": HEALTH_SECONDS,
        "--health-check-timeout-secs": HEALTH_SECONDS,
        "--health-success-threshold": 1,
        "--shutdown-grace-period-secs": DRAIN_SECONDS,
        # Replicas share no memory, and what people ask is kept by nobody.
        "--history-backend": "none",
    }
    if METRICS_OPTION not in spec.arguments:
        options[METRICS_OPTION] = spec.metrics_port
    given = [word for option, value in options.items() for word in (option, str(value))]
    # The engine has the tokenizer; without network the router would look for it in vain.
    return [*given, "--disable-tokenizer-autoload", *spec.arguments]


def _service(spec: RouterSpec) -> dict[str, Any]:
    port: dict[str, Any] = {
        "name": "http",
        "port": PORTS["serving"],
        "targetPort": "http",
        "protocol": "TCP",
    }
    if spec.node_port:
        port["nodePort"] = spec.node_port
    kind = "NodePort" if spec.node_port else "ClusterIP"
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(spec),
        "spec": {"type": kind, "selector": dict(LABELS), "ports": [port]},
    }


def _budget(spec: RouterSpec) -> dict[str, Any]:
    """One at a time leaves its node. One that is not ready helps nobody and may always leave."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(spec),
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": dict(LABELS)},
        },
    }


def _deployment(spec: RouterSpec) -> dict[str, Any]:
    """A new router is ready, which it is with an engine behind it, before an old one leaves."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(spec),
        "spec": {
            "replicas": spec.replicas,
            "selector": {"matchLabels": dict(LABELS)},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            },
            "template": {"metadata": _pod_metadata(spec), "spec": _pod(spec)},
        },
    }


def _pod_metadata(spec: RouterSpec) -> dict[str, Any]:
    labels = {"labels": {**LABELS, **OWNER}}
    if not spec.keys_version:
        return labels
    return {**labels, "annotations": {KEYS_VERSION: spec.keys_version}}


def _pod(spec: RouterSpec) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": ENDPOINT_SECONDS + DRAIN_SECONDS + 10,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": HOST_LABEL,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": dict(LABELS)},
                # A node that takes no router counts for nothing, nor do routers of another version.
                "nodeTaintsPolicy": "Honor",
                "matchLabelKeys": ["pod-template-hash"],
            }
        ],
        "containers": [_container(spec)],
        "volumes": [{"name": "keys", "secret": {"secretName": KEYS_SECRET, "defaultMode": 0o440}}],
    }


def _container(spec: RouterSpec) -> dict[str, Any]:
    ports = {"http": PORTS["serving"], "health": PORTS["health"], "metrics": spec.metrics_port}
    return {
        "name": NAME,
        "image": spec.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", LAUNCH],
        "args": launch_arguments(spec),
        "ports": [
            {"name": name, "containerPort": port, "protocol": "TCP"} for name, port in ports.items()
        ],
        # 65 MiB were measured at rest; a request that may be repeated is held, up to 1 MiB each.
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "2Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "keys", "mountPath": KEYS_PATH, "readOnly": True}],
        # With a question under way the router answers new ones too after SIGTERM; without any it
        # is gone at once, so it must not get the signal while nodes still send it connections.
        "lifecycle": {"preStop": {"sleep": {"seconds": ENDPOINT_SECONDS}}},
        "startupProbe": _probe("/liveness", period=2, failures=30),
        "livenessProbe": _probe("/liveness", period=10, failures=3),
        # 503 while no engine is healthy and while the router drains.
        "readinessProbe": _probe("/readiness", period=5, failures=2),
    }


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "health"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def _metadata(spec: RouterSpec) -> dict[str, Any]:
    return {"name": NAME, "namespace": spec.namespace, "labels": {**LABELS, **OWNER}}
