"""Images under upstream's names: programs of a source part over nothing or a small Debian."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.bundle.builder import SOURCE_DATE_EPOCH, Recipe, Work, run
from lab.bundle.catalogue import Part
from lab.bundle.oci import Config, add_layer, new_layout, write_config

ROOT_PART = "image-root"
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
NONROOT = "65532:65532"  # the user that upstream's distroless images call nonroot
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """Content of an image.

    `programs` maps a program of the source part to its path, `debian` puts them over the Debian
    root instead of a handful of files, `c_source` is compiled instead, and `capability` is a
    file capability of the first program.
    """

    programs: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    debian: bool = False
    c_source: str = ""
    capability: str = ""


def recipe(name: str, part: Part) -> Recipe:
    """Recipe of an image that is made from a source part."""
    image = IMAGES[name]
    here = Path(__file__)
    needs = (part["source"],) if image.c_source else (part["source"], ROOT_PART)
    return Recipe(
        build=lambda work: build_image(work, image),
        needs=needs,
        sources=(here, here.with_name("oci.py"), here.with_name("registry.py")),
    )


def build_image(work: Work, image: Image) -> None:
    """Leave the image as the OCI layout `work.output/oci`."""
    layout, tag = work.output / "oci", str(work.part["tag"])
    source = work.needs[work.part["source"]]
    new_layout(layout, tag)
    if image.debian:
        add_layer(layout, tag, work.needs[ROOT_PART] / "files/root.tar")
    root = work.scratch / "root"
    root.mkdir()
    if image.c_source:
        _compile(source / "files" / image.c_source, root / work.name, str(work.part["version"]))
    elif not image.debian:
        _base_files(root, work.needs[ROOT_PART] / "files/root.tar")
    for program, path in image.programs.items():
        _place(source / "bin" / program, root / path.lstrip("/"), image.capability)
    layer = work.scratch / "layer.tar"
    _pack(root, layer)
    add_layer(layout, tag, layer)
    write_config(layout, tag, Config(image.entrypoint, image.user, {"PATH": PATH}))


def _compile(source: Path, target: Path, version: str) -> None:
    # The flags of upstream's build/pause/Makefile.
    flags = ["-Os", "-Wall", "-Werror", "-static", "-s", f"-DVERSION=v{version}"]
    run(["gcc", *flags, "-o", target, source])


def _base_files(root: Path, debian: Path) -> None:
    """What upstream's distroless static image has: users, name lookup, /tmp, certificates."""
    users = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n"
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text(users)
    (root / "etc/group").write_text("root:x:0:\nnonroot:x:65532:\n")
    (root / "etc/nsswitch.conf").write_text("hosts: files dns\n")
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    target = root / CERTIFICATES
    target.parent.mkdir(parents=True)
    with tarfile.open(debian) as archive:
        content = archive.extractfile(f"./{CERTIFICATES}")
        target.write_bytes(content.read() if content else b"")


def _place(origin: Path, target: Path, capability: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origin, target)
    target.chmod(0o755)
    if capability:
        run(["setcap", capability, target])


def _pack(root: Path, target: Path) -> None:
    """Write a tar archive that is the same for the same files."""
    options = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner"]
    options += [f"--mtime=@{SOURCE_DATE_EPOCH}", "--format=posix"]
    options += ["--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"]
    options += ["--xattrs", "--xattrs-include=security.capability"]
    run(["tar", *options, "-C", root, "-cf", target, "."])


def _kubernetes(name: str, *, debian: bool = False) -> Image:
    programs = {"kube-log-runner": "/go-runner", name: f"/usr/local/bin/{name}"}
    return Image(programs=programs, entrypoint=("/go-runner",), debian=debian)


IMAGES: Mapping[str, Image] = {
    "kube-apiserver": _kubernetes("kube-apiserver"),
    "kube-controller-manager": _kubernetes("kube-controller-manager"),
    "kube-scheduler": _kubernetes("kube-scheduler"),
    "kube-proxy": _kubernetes("kube-proxy", debian=True),
    "etcd": Image(
        programs={name: f"/usr/local/bin/{name}" for name in ("etcd", "etcdctl", "etcdutl")},
    ),
    "coredns": Image(
        programs={"coredns": "/coredns"},
        entrypoint=("/coredns",),
        user=NONROOT,
        capability="cap_net_bind_service=+ep",
    ),
    "pause": Image(c_source="pause.c", entrypoint=("/pause",), user="65535:65535"),
    "flannel": Image(
        programs={"flanneld": "/opt/bin/flanneld"},
        entrypoint=("/opt/bin/flanneld",),
        debian=True,
    ),
    "flannel-cni-plugin": Image(programs={"flannel": "/flannel"}, debian=True),
    "lws": Image(programs={"manager": "/manager"}, entrypoint=("/manager",), user=NONROOT),
}
