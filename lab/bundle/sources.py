"""Recipes of the source parts: programs from pinned Go modules, and files that lie in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.bundle.builder import Recipe, Work
from lab.bundle.catalogue import LOCKS, Part
from lab.bundle.golang import build_programs, module_directory


@dataclass(frozen=True)
class Source:
    """What a module needs beside `go build`.

    `variables` gives the linker's string variables for a version, `files` copies a path of the
    module to `files/<name>` of the part.
    """

    variables: Callable[[str], Mapping[str, str]] = lambda _version: {}
    files: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    static_c: bool = False


def recipe(part: Part) -> Recipe:
    """Recipe of a source part."""
    source = SOURCES[part["module"]]
    lock = LOCKS / part["lock"]
    files = (lock / "go.mod", lock / "go.sum", lock / "tools.go", LOCKS / "builder.txt")
    here = Path(__file__)
    return Recipe(
        build=lambda work: _build(work, source),
        sources=(here, here.with_name("golang.py"), *files),
    )


def _build(work: Work, source: Source) -> None:
    variables = source.variables(work.part["version"])
    flags = [f"-X {name}={value}" for name, value in variables.items()]
    build_programs(work, tags=source.tags, ldflags=flags, static_c=source.static_c)
    for name, path in {"LICENSE": "LICENSE", **source.files}.items():
        _copy(module_directory(work, work.part["module"]) / path, work.output / "files" / name)


def _copy(origin: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, target, copy_function=shutil.copyfile)
        for directory in (target, *(path for path in target.rglob("*") if path.is_dir())):
            directory.chmod(0o755)  # the module cache is read-only
    else:
        shutil.copyfile(origin, target)


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
    "helm.sh/helm/v3": Source(
        variables=lambda version: {"helm.sh/helm/v3/internal/version.version": f"v{version}"},
    ),
}
