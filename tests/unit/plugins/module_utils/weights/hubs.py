"""A hub with the HTTP API of Hugging Face's, on the loopback interface, and the CDN behind it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.unit.plugins.module_utils.weights.bench import SHARDS, Model, WebServer, web_server

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MOVED = "/moved"


@dataclass
class Hub:
    """One model, its shards as large files that the CDN gives, the others from the hub itself.

    `token` is wanted in every request to the hub (empty: none); `page` counts the files of a page
    of the list; `entries` replace what the list says of a file.
    """

    model: Model
    cdn: WebServer
    token: str = ""
    page: int = 1000
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    revision: str = COMMIT
    status: int = 0
    next_page: str = ""
    endpoint: str = ""

    @property
    def url(self) -> str:
        return f"hf+{self.endpoint}/org/m@{self.revision}"

    def entry(self, name: str) -> dict[str, Any]:
        content = (self.model.path / name).read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
        found: dict[str, Any] = {"type": "file", "path": name, "size": len(content)}
        found["oid"] = blob.hexdigest()
        if name in SHARDS:
            sha256 = hashlib.sha256(content).hexdigest()
            found["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 134}
            found["oid"] = "9" * 40
        return {**found, **self.entries.get(name, {})}

    def tree(self) -> list[dict[str, Any]]:
        files = [self.entry(name) for name in self.model.names]
        added = [entry for name, entry in self.entries.items() if name not in self.model.names]
        directory = {"type": "directory", "path": "extra", "oid": "1" * 40, "size": 0}
        return [directory, *files, *added]


@contextmanager
def hub(model: Model, **values: Any) -> Iterator[Hub]:
    with web_server(model.path) as cdn:
        made = Hub(model, cdn, **values)
        handler = type("Handler", (_Handler,), {"hub": made})
        listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        made.endpoint = f"http://127.0.0.1:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made
        finally:
            listener.shutdown()
            thread.join()
            listener.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *values: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        given = self.headers.get("Authorization", "")
        self.hub.requests.append((self.command, path))
        self.hub.authorizations.append(given)
        tree, files = (
            f"/api/models/org/m/tree/{self.hub.revision}",
            f"/org/m/resolve/{self.hub.revision}/",
        )
        if self.hub.status or (self.hub.token and given != f"Bearer {self.hub.token}"):
            self.send_error(self.hub.status or (403 if given else 401))
        elif path == tree and parse_qs(parts.query)["recursive"] == ["true"]:
            self._send_page(int(parse_qs(parts.query).get("cursor", ["0"])[-1]))
        elif path.startswith(files) and path.removeprefix(files) in SHARDS:
            self._redirect(f"{self.hub.cdn.url}/{path.removeprefix(files)}", 302)
        elif path.startswith(files):
            self._redirect(f"{MOVED}/{quote(path.removeprefix(files))}", 307)
        elif (found := self.hub.model.path / path.removeprefix(f"{MOVED}/")).is_file():
            self._send(found.read_bytes())
        else:
            self.send_error(404)

    def _send_page(self, start: int) -> None:
        tree, end = self.hub.tree(), start + self.hub.page
        following = self.hub.next_page or f"{self.hub.endpoint}{self.path}&cursor={end}"
        more = end < len(tree)
        headers = {"Link": f'<{following}>; rel="next"'} if more else {}
        self._send(json.dumps(tree[start:end]).encode(), **headers)

    def _send(self, content: bytes, **headers: str) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _redirect(self, target: str, status: int) -> None:
        self.send_response(status)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()
