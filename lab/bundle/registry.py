"""The storage of an OCI registry: filled through the registry itself, merged by hard links."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.bundle.builder import BuildError, run

_CONFIGURATION = """\
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: false}}
http: {{addr: 127.0.0.1:{port}}}
"""
_START_SECONDS = 10


@contextmanager
def serving(root: Path, scratch: Path) -> Iterator[str]:
    """Run Debian's registry over the storage `root` on loopback; give its `host:port`.

    Raises `BuildError` when it does not answer within 10 seconds.
    """
    port = _free_port()
    root.mkdir(parents=True, exist_ok=True)
    configuration = scratch / "registry.yml"
    configuration.write_text(_CONFIGURATION.format(root=root, port=port))
    with (scratch / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            # It ends with this process, also when that is killed.
            ["setpriv", "--pdeathsig", "KILL", "docker-registry", "serve", str(configuration)],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait(port, process, scratch / "registry.log")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def push_image(layout: Path, *, image: str, tag: str, root: Path, scratch: Path) -> None:
    """Push the image `tag` of an OCI layout as `image`:`tag` into the storage `root`."""
    with serving(root, scratch) as address:
        target = f"docker://{address}/{image}:{tag}"
        copy = ("skopeo", "copy", "--quiet", "--dest-tls-verify=false")
        run([*copy, f"oci:{layout}:{tag}", target])


def push_chart(package: Path, *, chart: str, helm: Path, root: Path, scratch: Path) -> None:
    """Push a packaged chart as the OCI artifact `chart` into the storage `root`."""
    repository = chart.rpartition("/")[0]
    with serving(root, scratch) as address:
        run(
            [helm, "push", "--plain-http", package, f"oci://{address}/{repository}"],
            env={"HELM_CACHE_HOME": str(scratch / "helm"), "HOME": str(scratch)},
        )


def digest(root: Path, *, image: str, tag: str) -> str:
    """Digest, `sha256:...`, that a tag of the storage points at."""
    tags = root / "docker/registry/v2/repositories" / image / "_manifests/tags"
    return (tags / tag / "current/link").read_text().strip()


def merge(origin: Path, target: Path) -> None:
    """Add one storage to another by hard links; what both hold is the same by content."""
    for path in origin.rglob("*"):
        place = target / path.relative_to(origin)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, place)


def discard_uploads(root: Path) -> None:
    """Delete the directories of finished uploads, which hold nothing."""
    for uploads in root.glob("docker/registry/v2/repositories/**/_uploads"):
        shutil.rmtree(uploads)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/v2/")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise BuildError(
        f"docker-registry on 127.0.0.1:{port}: no answer in {_START_SECONDS} s\n{log.read_text()}"
    )
