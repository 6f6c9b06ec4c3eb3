"""What the host is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe import system


def write(root: Path, path: str, text: str = "") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n# ID=x\n\n',
            {"id": "debian", "version": "13", "name": "Debian GNU/Linux 13 (trixie)"},
        ),
        ("ID=arch\nNAME=\n", {"id": "arch", "version": "", "name": ""}),
        ("", {"id": "", "version": "", "name": ""}),
    ],
)
def test_a_distribution_is_read_from_os_release(text: str, found: dict[str, str]) -> None:
    assert system.distribution(text) == found


def test_memory_and_swap_are_bytes() -> None:
    assert system.memory_bytes("MemTotal:       24684084 kB\nMemFree: 1 kB\n") == 25276502016
    assert system.memory_bytes("") == 0
    swaps = (
        "Filename Type Size Used Priority\n/dev/sda2 partition 1024 0 -2\n/swap file 2048 0 -3\n"
    )
    assert system.swap_bytes(swaps) == 3145728
    assert system.swap_bytes("Filename Type Size Used Priority\n") == 0


def test_the_cgroup_version_is_that_of_the_hierarchy(tmp_path: Path) -> None:
    assert system.cgroup_version(tmp_path) == 1
    write(tmp_path, "sys/fs/cgroup/cgroup.controllers")
    assert system.cgroup_version(tmp_path) == 2


def test_init_is_the_program_with_pid_1(tmp_path: Path) -> None:
    write(tmp_path, "proc/1/comm", "systemd\n")
    assert system.init(tmp_path) == "systemd"


def test_a_path_that_is_not_there_lies_on_its_parent_s_file_system(tmp_path: Path) -> None:
    status = os.statvfs(tmp_path)
    found = system.filesystem(tmp_path, "/var/lib/containerd")
    assert found["device"] == str(tmp_path.stat().st_dev)
    assert found["total_bytes"] == status.f_blocks * status.f_frsize
    assert 0 < int(str(found["free_bytes"])) <= status.f_bfree * status.f_frsize


def test_other_runtimes_are_found_by_their_sockets(tmp_path: Path) -> None:
    assert system.foreign_runtimes(tmp_path) == []
    write(tmp_path, "run/docker.sock")
    write(tmp_path, "run/crio/crio.sock")
    write(tmp_path, "run/containerd/containerd.sock")
    assert system.foreign_runtimes(tmp_path) == ["cri-o", "docker"]


KUBECONFIG = "clusters:\n- cluster:\n    server: {server}\n  name: kubernetes\n"


def test_the_cluster_of_a_worker_is_that_of_its_kubelet(tmp_path: Path) -> None:
    assert system.cluster_server(tmp_path) == ""
    write(tmp_path, "etc/kubernetes/kubelet.conf", KUBECONFIG.format(server="https://api:6443"))
    assert system.cluster_server(tmp_path) == "https://api:6443"


def test_the_cluster_of_a_control_plane_is_that_of_its_administrator(tmp_path: Path) -> None:
    write(
        tmp_path, "etc/kubernetes/kubelet.conf", KUBECONFIG.format(server="https://10.0.0.1:6443")
    )
    write(tmp_path, "etc/kubernetes/admin.conf", KUBECONFIG.format(server="https://api:6443"))
    assert system.cluster_server(tmp_path) == "https://api:6443"
    write(tmp_path, "etc/kubernetes/admin.conf", "half a file")
    assert system.cluster_server(tmp_path) == "https://10.0.0.1:6443"
