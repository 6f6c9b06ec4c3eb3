"""Registry storages are merged by hard links."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.bundle import registry
from lab.bundle.catalogue import ROOT

BLOB = "docker/registry/v2/blobs/sha256/ab/abc/data"


def add(root: Path, path: str, text: str) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    return root / path


def test_merged_storage_shares_the_files_of_its_parts(tmp_path: Path) -> None:
    blob = add(tmp_path / "one", BLOB, "layer")
    registry.merge(tmp_path / "one", tmp_path / "all")
    assert (tmp_path / "all" / BLOB).samefile(blob)


def test_blob_of_two_parts_is_kept_once(tmp_path: Path) -> None:
    for part in ("one", "two"):
        add(tmp_path / part, BLOB, "layer")
        registry.merge(tmp_path / part, tmp_path / "all")
    assert (tmp_path / "all" / BLOB).samefile(tmp_path / "one" / BLOB)


def test_digest_is_what_the_tag_points_at(tmp_path: Path) -> None:
    tags = "docker/registry/v2/repositories/registry.k8s.io/pause/_manifests/tags"
    add(tmp_path, f"{tags}/3.97.2/current/link", "sha256:4fe9")
    found = registry.digest(tmp_path, image="registry.k8s.io/pause", tag="3.97.2")
    assert found == "sha256:4fe9"


def test_upload_directories_are_discarded_and_links_kept(tmp_path: Path) -> None:
    repository = "docker/registry/v2/repositories/registry.k8s.io/pause"
    (tmp_path / repository / "_uploads/1").mkdir(parents=True)
    link = add(tmp_path, f"{repository}/_layers/sha256/ab/link", "sha256:ab")
    registry.discard_uploads(tmp_path)
    assert [(tmp_path / repository / "_uploads").exists(), link.exists()] == [False, True]


@pytest.mark.slow
def test_registry_ends_with_the_process_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, os, signal; from pathlib import Path; from lab.bundle import registry\n"
        f"root = Path({str(tmp_path)!r})\n"
        "with registry.serving(root / 'storage', root) as address:\n"
        "    print(address, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    host, _, port = killed.stdout.strip().partition(":")
    assert killed.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) != 0:
                return
    pytest.fail(f"docker-registry still listens on {host}:{port} after 5 s")
