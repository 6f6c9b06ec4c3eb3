"""Debian packages are built with upstream's paths, and the same bytes each time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.bundle.builder import BuildError, Work
from lab.bundle.debs import PACKAGES, build_deb

PART = {
    "kind": "deb",
    "version": "1.98.7-1.1",
    "upstream": "https://pkgs.k8s.io",
    "source": "kubernetes",
}


def make_work(root: Path, name: str, programs: tuple[str, ...]) -> Work:
    source = root / "source"
    for program in programs:
        (source / "bin").mkdir(parents=True, exist_ok=True)
        (source / "bin" / program).write_text("#!/bin/sh\n")
    (source / "files").mkdir(parents=True)
    (source / "files/LICENSE").write_text("licence")
    for directory in ("scratch", "output"):
        (root / directory).mkdir()
    return Work(
        name=name,
        part=PART,
        scratch=root / "scratch",
        output=root / "output",
        build_cache=root,
        locks=root,
        needs={"kubernetes": source},
        report=lambda _line: None,
    )


def built(work: Work) -> Path:
    build_deb(work, PACKAGES[work.name])
    (package,) = work.output.iterdir()
    return package


def test_package_has_upstreams_name_and_version(tmp_path: Path) -> None:
    package = built(make_work(tmp_path, "kubeadm", ("kubeadm",)))
    shown = subprocess.run(
        ["dpkg-deb", "--show", package], check=True, capture_output=True, text=True
    )
    assert package.name == "kubeadm_1.98.7-1.1_amd64.deb"
    assert shown.stdout == "kubeadm\t1.98.7-1.1\n"


def test_kubeadm_brings_the_drop_in_of_the_kubelet(tmp_path: Path) -> None:
    package = built(make_work(tmp_path, "kubeadm", ("kubeadm",)))
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path / "tree"], check=True)
    unit = tmp_path / "tree/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"
    assert "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n" in unit.read_text()
    assert (tmp_path / "tree/usr/bin/kubeadm").stat().st_mode & 0o777 == 0o755


def test_kubelet_is_enabled_but_not_started(tmp_path: Path) -> None:
    package = built(make_work(tmp_path, "kubelet", ("kubelet",)))
    subprocess.run(["dpkg-deb", "--control", package, tmp_path / "control"], check=True)
    script = (tmp_path / "control/postinst").read_text()
    assert "deb-systemd-helper enable kubelet.service" in script
    assert "elif [ no = yes ]" in script
    assert (tmp_path / "control/conffiles").read_text() == "/etc/default/kubelet\n"


def test_package_is_the_same_for_the_same_programs(tmp_path: Path) -> None:
    contents = []
    for number in ("1", "2"):
        (tmp_path / number).mkdir()
        work = make_work(tmp_path / number, "kubectl", ("kubectl",))
        contents.append(built(work).read_bytes())
    assert contents[0] == contents[1]


def test_missing_program_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"bin/kubectl: missing, needed as kubectl"):
        built(make_work(tmp_path, "kubectl", ()))
