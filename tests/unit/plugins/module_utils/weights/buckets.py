"""A model in a bucket of a real S3 server that verifies signatures."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.hosts.paths import Cache
from tests import environment
from tests.unit.plugins.module_utils.weights.bench import Model

SERVER = Path(__file__).with_name("moto_server.py")


@dataclass(frozen=True)
class Bucket:
    """The model's URL as a source, and the keys of an account that may read it."""

    url: str
    access_key: str
    secret_key: str

    @property
    def keys(self) -> dict[str, Any]:
        return {"source_access_key": self.access_key, "source_secret_key": self.secret_key}


@contextmanager
def bucket(model: Model) -> Iterator[Bucket]:
    programs = environment.install(Cache.from_environment(), "s3-server")
    with subprocess.Popen(
        [programs / "python", SERVER, model.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        found = json.loads(server.stdout.readline())
        try:
            url = f"s3+{found['url']}/models/a%20b"
            yield Bucket(url, found["access_key"], found["secret_key"])
        finally:
            server.stdin.close()
