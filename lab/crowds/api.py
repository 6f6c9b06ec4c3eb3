"""Requests to an API server on loopback, without the collection's own client."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from ssl import create_default_context
from typing import Any

import yaml

START_SECONDS = 60
PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class ControlPlane:
    """Address and credentials of an API server; `kubeconfig` is a file."""

    address: str
    token: str
    authority: Path
    kubeconfig: Path

    @classmethod
    def read(cls, kubeconfig: Path) -> ControlPlane:
        """What `write_kubeconfig` wrote."""
        kept = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = kept["clusters"][0]["cluster"], kept["users"][0]["user"]
        authority = Path(cluster["certificate-authority"])
        return cls(cluster["server"], user["token"], authority, kubeconfig)

    def write_kubeconfig(self) -> None:
        """Write the file that every other program reads; only this user may read it."""
        cluster = {"server": self.address, "certificate-authority": str(self.authority)}
        named = {
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "admin"}}],
        }
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "local", **named}
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")

    def request(self, method: str, path: str, body: Any = None, *, patch: str = "merge") -> Any:
        """Send one request and return decoded JSON. Raises urllib's errors."""
        kind = "application/json" if method != "PATCH" else f"application/{patch}-patch+json"
        request = urllib.request.Request(  # noqa: S310  an address of loopback
            f"{self.address}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind},
        )
        context = create_default_context(cafile=str(self.authority))
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:  # noqa: S310
            return json.loads(answer.read() or b"{}")


def until(ask: Callable[[], object], log: Path, *, seconds: float = START_SECONDS) -> None:
    """Call `ask` until it raises no OSError: not listening yet, no certificate, an HTTP error.

    Raises TimeoutError with the last lines of `log`.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            ask()
        except OSError as error:
            if time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
                raise TimeoutError(f"{log.stem}: {error}\n{tail}") from error
            time.sleep(PAUSE_SECONDS)
        else:
            return
