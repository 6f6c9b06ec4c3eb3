from __future__ import annotations

from pathlib import Path

import pytest

from lab.crowds.cli import main


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAREMETAL_SGLANG_CACHE", str(tmp_path))


def test_status_of_a_crowd_that_is_not_there_says_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["status", "--inventory", "inventories/lab"]) == 1
    assert capsys.readouterr().err == (
        "error: crowd lab: etcd, kube-apiserver, kube-scheduler, kube-controller-manager, manager, "
        "kwok not running; run up, which begins anew\n"
    )


def test_down_of_a_crowd_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "crowds" / "lab").mkdir(parents=True)
    assert main(["down", "--inventory", "inventories/lab"]) == 0
    assert not (tmp_path / "crowds" / "lab").exists()


def test_an_inventory_without_figures_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = tmp_path / "site" / "hosts.yml"
    hosts.parent.mkdir()
    hosts.write_text("all: {children: {workers: {hosts: {node1: {}}}}}\n", encoding="utf-8")
    assert main(["up", "--inventory", str(hosts.parent)]) == 1
    assert "host node1: found no site_hardware.cores" in capsys.readouterr().err
    assert not (tmp_path / "crowds").exists()
