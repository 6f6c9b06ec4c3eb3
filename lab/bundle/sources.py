"""Recipes of the source parts: what each module needs beside `go build`.

This table is not part of a source part's key as a file, only each module's own row, so that a
change of one module does not build the others again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.bundle import golang, golang_c
from lab.bundle.builder import Recipe
from lab.bundle.catalogue import LOCKS, Part


@dataclass(frozen=True)
class Source:
    """What a module needs beside `go build`.

    `variables` gives the linker's string variables for a version, `files` copies a path of the
    module to `files/<name>` of the part. C code is linked statically or, for a program that opens
    libraries of its host, dynamically.
    """

    variables: Callable[[str], Mapping[str, str]] = lambda _version: {}
    files: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    static_c: bool = False
    dynamic_c: bool = False


def recipe(part: Part) -> Recipe:
    """Recipe of a source part."""
    source = SOURCES[part["module"]]
    lock = LOCKS / part["lock"]
    kind = golang_c.DynamicC if source.dynamic_c else golang.GoBuild
    build = kind(
        variables=source.variables(part["version"]),
        files={"LICENSE": "LICENSE", **source.files},
        tags=source.tags,
        static_c=source.static_c or source.dynamic_c,
    )
    return Recipe(
        build=lambda work: golang.build_source(work, build),
        sources=(
            Path(golang.__file__),
            lock / "go.mod",
            lock / "go.sum",
            lock / "tools.go",
            LOCKS / "builder.txt",
        ),
        inputs=(repr(build),),
    )


def _kubernetes_variables(version: str) -> dict[str, str]:
    """What upstream's hack/lib/version.sh sets; kubeadm refuses to work without a version.

    The commit is not known from a module, so it is left empty.
    """
    major, minor, _patch = version.split(".")
    values = {
        "gitVersion": f"v{version}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
    }
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return {f"{package}.{key}": value for package in packages for key, value in values.items()}


TOOLKIT_UNITS = (
    "nvidia-cdi-refresh.service",
    "nvidia-cdi-refresh.path",
    "nvidia-cdi-refresh.env",
    "10-container-engines.conf",
)
SOURCES: Mapping[str, Source] = {
    "k8s.io/kubernetes": Source(
        variables=_kubernetes_variables,
        files={"pause.c": "build/pause/linux/pause.c"},
    ),
    "go.etcd.io/etcd/server/v3": Source(),
    "github.com/coredns/coredns": Source(),
    "github.com/containerd/containerd/v2": Source(
        variables=lambda version: {
            "github.com/containerd/containerd/v2/version.Version": f"v{version}"
        },
        files={"containerd.service": "containerd.service"},
        tags=("no_btrfs",),
    ),
    "github.com/containernetworking/plugins": Source(
        variables=lambda version: {
            "github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion": (
                f"v{version}"
            )
        },
    ),
    "github.com/flannel-io/flannel": Source(
        variables=lambda version: {
            "github.com/flannel-io/flannel/pkg/version.Version": f"v{version}"
        },
        files={"chart": "chart/kube-flannel"},
        static_c=True,  # the udp backend is C
    ),
    "sigs.k8s.io/lws": Source(
        variables=lambda version: {"sigs.k8s.io/lws/pkg/version.GitVersion": f"v{version}"},
        files={"chart": "charts/lws"},
    ),
    "sigs.k8s.io/kwok": Source(
        variables=lambda version: {"sigs.k8s.io/kwok/pkg/consts.Version": f"v{version}"},
        files={
            f"stages/{path.rpartition('/')[2]}": f"kustomize/stage/{path}"
            for path in (
                "node/fast/node-initialize.yaml",
                "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
                "pod/fast/pod-ready.yaml",
                "pod/fast/pod-complete.yaml",
                "pod/fast/pod-delete.yaml",
            )
        },
    ),
    "github.com/prometheus-operator/prometheus-operator": Source(
        files={"crds": "example/prometheus-operator-crd"},
    ),
    "github.com/NVIDIA/nvidia-container-toolkit": Source(
        variables=lambda version: {
            "github.com/NVIDIA/nvidia-container-toolkit/internal/info.version": version
        },
        files={name: f"deployments/systemd/{name}" for name in TOOLKIT_UNITS},
        dynamic_c=True,  # it opens libnvidia-ml
    ),
    "helm.sh/helm/v3": Source(
        variables=lambda version: {"helm.sh/helm/v3/internal/version.version": f"v{version}"},
    ),
}
