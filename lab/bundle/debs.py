"""Debian packages with upstream's names, versions, paths, units and dependencies."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.bundle.builder import SOURCE_DATE_EPOCH, BuildError, Recipe, Work, run
from lab.bundle.catalogue import Part

FILES = Path(__file__).with_name("debs")
UNITS = "usr/lib/systemd/system"


@dataclass(frozen=True)
class Package:
    """Content of a package.

    `programs` maps a program of the source part to its directory, `all_programs` is the
    directory of all of them where a package has them all, `files` maps a path in the package
    to a file beside this module (`debs/`) or, where it starts with `source:`, in the source
    part; programs that such a file names below /usr/local/bin are below /usr/bin in a package.
    `unit` is enabled when the package is first installed and `start` starts it too.
    """

    description: str
    programs: Mapping[str, str] = field(default_factory=dict)
    all_programs: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    directories: tuple[str, ...] = ()
    conffiles: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    start: bool = False


def recipe(name: str, part: Part) -> Recipe:
    """Recipe of a part of kind `deb`."""
    needs = [part["source"], *([part["runc"]] if "runc" in part else [])]
    return Recipe(
        build=lambda work: build_deb(work, PACKAGES[name]),
        needs=tuple(needs),
        sources=(Path(__file__), *sorted(FILES.iterdir())),
    )


def build_deb(work: Work, package: Package) -> None:
    """Build the part's package into `work.output`."""
    root = work.scratch / "root"
    source = work.needs[work.part["source"]]
    _place_programs(root, source, package)
    _place(source / "files/LICENSE", root / f"usr/share/doc/{work.name}/copyright", 0o644)
    for path, origin in package.files.items():
        _place_file(root / path, origin, source)
    fields = dict(package.fields)
    if "runc" in work.part:
        fields["Depends"] = _add_runc(work, root)
    for directory in package.directories:
        (root / directory).mkdir(parents=True, exist_ok=True)
    _write_control(root, work, package, fields)
    _fix_times(root)
    version = str(work.part["version"])
    target = work.output / f"{work.name}_{version}_amd64.deb"
    run(["dpkg-deb", "--root-owner-group", "-Zzstd", "--build", root, target])


def _place_programs(root: Path, source: Path, package: Package) -> None:
    programs = package.programs
    if package.all_programs:
        names = sorted(path.name for path in (source / "bin").iterdir())
        programs = dict.fromkeys(names, package.all_programs)
    for program, directory in programs.items():
        _place(source / "bin" / program, root / directory / program, 0o755)


def _place_file(target: Path, origin: str, source: Path) -> None:
    inside = origin.startswith("source:")
    place = source / "files" / origin.removeprefix("source:") if inside else FILES / origin
    _place(place, target, 0o644)
    target.write_text(target.read_text().replace("/usr/local/bin/", "/usr/bin/"))


def _add_runc(work: Work, root: Path) -> str:
    """Take the program of the distribution's runc package; return what that depends on."""
    (package,) = work.needs[work.part["runc"]].glob("*.deb")
    run(["dpkg-deb", "--extract", package, work.scratch / "runc"])
    _place(work.scratch / "runc/usr/sbin/runc", root / "usr/bin/runc", 0o755)
    return run(["dpkg-deb", "--field", package, "Depends"]).strip()


def _place(origin: Path, target: Path, mode: int) -> None:
    if not origin.exists():
        raise BuildError(f"file {origin}: missing, needed as {target.name} of a package")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origin, target)
    target.chmod(mode)


def _write_control(root: Path, work: Work, package: Package, fields: Mapping[str, str]) -> None:
    control = root / "DEBIAN"
    control.mkdir()
    bytes_used = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    lines = {
        "Package": work.name,
        "Version": str(work.part["version"]),
        "Architecture": "amd64",
        "Maintainer": "baremetal.sglang lab <lab@baremetal.invalid>",
        "Installed-Size": str(bytes_used // 1024),
        "Section": "net",
        "Priority": "optional",
        "Homepage": work.part["upstream"],
        **fields,
        "Description": package.description,
    }
    text = "".join(f"{name}: {value}\n" for name, value in lines.items())
    (control / "control").write_text(text)
    if package.conffiles:
        (control / "conffiles").write_text("".join(f"/{path}\n" for path in package.conffiles))
    if package.unit:
        _write_scripts(control, package)


def _write_scripts(control: Path, package: Package) -> None:
    for name in ("postinst", "prerm", "postrm"):
        text = (FILES / f"{name}.sh").read_text()
        text = text.replace("@UNIT@", package.unit).replace(
            "@START@", "yes" if package.start else "no"
        )
        (control / name).write_text(text)
        (control / name).chmod(0o755)


def _fix_times(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        os.utime(path, (SOURCE_DATE_EPOCH, SOURCE_DATE_EPOCH))


PACKAGES: Mapping[str, Package] = {
    "kubeadm": Package(
        description="Command-line utility for administering a Kubernetes cluster",
        programs={"kubeadm": "usr/bin"},
        files={f"{UNITS}/kubelet.service.d/10-kubeadm.conf": "10-kubeadm.conf"},
        # Upstream also depends on cri-tools, which kubeadm itself does not call.
    ),
    "kubelet": Package(
        description="Node agent for Kubernetes clusters",
        programs={"kubelet": "usr/bin"},
        files={f"{UNITS}/kubelet.service": "kubelet.service", "etc/default/kubelet": "kubelet.env"},
        directories=("var/lib/kubelet", "etc/kubernetes/manifests"),
        conffiles=("etc/default/kubelet",),
        fields={
            "Depends": "kubernetes-cni (>= 1.2.0), mount, util-linux",
            "Recommends": "iptables (>= 1.8.4)",
        },
        unit="kubelet.service",
    ),
    "kubectl": Package(
        description="Command-line utility for interacting with a Kubernetes cluster",
        programs={"kubectl": "usr/bin"},
    ),
    "kubernetes-cni": Package(
        description="Binaries required to provision kubernetes container networking",
        all_programs="opt/cni/bin",
        directories=("etc/cni/net.d",),
    ),
    "containerd.io": Package(
        description="An open and reliable container runtime",
        programs=dict.fromkeys(("containerd", "containerd-shim-runc-v2", "ctr"), "usr/bin"),
        files={
            f"{UNITS}/containerd.service": "source:containerd.service",
            "etc/containerd/config.toml": "containerd.toml",
        },
        conffiles=("etc/containerd/config.toml",),
        fields={
            "Provides": "containerd, runc",
            "Conflicts": "containerd, runc",
            "Replaces": "containerd, runc",
        },
        unit="containerd.service",
        start=True,
    ),
    "helm": Package(
        description="The Kubernetes package manager",
        programs={"helm": "usr/bin"},
    ),
}
