"""What the tests of weights run against: a small model on disk and a web server that can fail."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.ensure import ensure
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec

INDEX = "model.safetensors.index.json"
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def _no_pause(_seconds: float) -> None:
    pass


WAITLESS = Clock(sleep=_no_pause)


def safetensors(name: str, elements: int, *, seed: int = 0) -> bytes:
    """A safetensors file with one F32 tensor of `elements` numbers."""
    data = hashlib.shake_256(f"{name}{seed}".encode()).digest(4 * elements)
    entry = {"dtype": "F32", "shape": [elements], "data_offsets": [0, len(data)]}
    header = json.dumps({name: entry}).encode()
    return len(header).to_bytes(8, "little") + header + data


@dataclass(frozen=True)
class Model:
    """A model directory; `write_list` makes its SHA256SUMS anew from what lies there."""

    path: Path

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    @property
    def names(self) -> list[str]:
        found = (p for p in self.path.rglob("*") if p.is_file() and p.name != "SHA256SUMS")
        return sorted(str(path.relative_to(self.path)) for path in found)

    @property
    def size(self) -> int:
        return sum((self.path / name).stat().st_size for name in self.names)

    @property
    def digest(self) -> str:
        return hashlib.sha256((self.path / "SHA256SUMS").read_bytes()).hexdigest()

    @property
    def version(self) -> str:
        return f"m@{self.digest[:12]}"

    def write(self, name: str, content: bytes) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(content)
        self.write_list()

    def write_list(self) -> None:
        lines = [
            f"{hashlib.sha256((self.path / name).read_bytes()).hexdigest()}  {name}\n"
            for name in self.names
        ]
        (self.path / "SHA256SUMS").write_text("".join(lines))

    def flip(self, name: str, at: int = -1) -> None:
        """Change one bit of a file and leave the list as it is."""
        flip(self.path / name, at)


def flip(path: Path, at: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def make_model(path: Path, *, elements: int = 50_000) -> Model:
    """Two shards with an index, a configuration and a file in a directory."""
    path.mkdir()
    model = Model(path)
    for number, shard in enumerate(SHARDS):
        model.write(shard, safetensors(f"layer.{number}", elements))
    weight_map = {f"layer.{number}": shard for number, shard in enumerate(SHARDS)}
    model.write(INDEX, json.dumps({"metadata": {}, "weight_map": weight_map}).encode())
    model.write("config.json", b'{"model_type": "made for a test"}')
    model.write("extra/notes.txt", b"a file in a directory\n")
    return model


def spec(destination: Path, source: str, **values: Any) -> WeightsSpec:
    """Parameters of the module with its defaults."""
    parameters = {
        "name": "m",
        "destination": str(destination),
        "state": "present",
        "source": source,
        "digest": "",
        "parallel": 2,
        "timeout_seconds": 30,
        "retries": 3,
        "checks": ["index", "safetensors"],
        "feeds": [],
        "feed_token": None,
        "source_token": None,
        "source_access_key": None,
        "source_secret_key": None,
        "source_region": "us-east-1",
        "stored_only": False,
        "relayed": False,
        "share_bytes": 0,
        "run_seconds": 0,
        "verify": False,
        "run": "",
        **values,
    }
    return WeightsSpec.parse(parameters)


def run(
    destination: Path, source: str, *, check: bool = False, clock: Clock = WAITLESS, **values: Any
) -> Change:
    """One run of model_weights without Ansible around it."""
    return ensure(spec(destination, source, **values), check_mode=check, clock=clock)


def weights_of(change: Change) -> dict[str, Any]:
    weights: dict[str, Any] = change.result["weights"]
    return weights


def tree(root: Path) -> dict[str, Any]:
    """Everything below a directory: links' targets, files' bytes and signatures."""
    found: dict[str, Any] = {}
    for path in sorted(root.rglob("*")):
        stat = path.lstat()
        if path.is_symlink():
            found[str(path.relative_to(root))] = str(path.readlink())
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            key = (content, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
            found[str(path.relative_to(root))] = key
        else:
            found[str(path.relative_to(root))] = oct(stat.st_mode)
    return found


@dataclass(frozen=True)
class Fault:
    """What a server does wrong when it is asked for a file.

    `kind`: status (answer `value`), die (close after `value` bytes of the body), flip (change the
    byte at `value`), trickle (send `value` bytes every 10 ms), hold (send `value` bytes, the rest
    when `go_on` is set), late (nothing before `go_on` is set), silent (no Content-Length).
    """

    kind: str
    value: int = 0


@dataclass
class WebServer:
    """A model directory over HTTP, with ranges and faults."""

    directory: Path
    ranges: bool = True
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    sent_bytes: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def take_fault(self, method: str, name: str) -> Fault:
        waiting = self.faults.get(name, [])
        body_only = bool(waiting) and waiting[0].kind in ("die", "flip", "trickle", "hold", "late")
        if not waiting or (body_only and method == "HEAD"):
            return Fault("none")
        return waiting.pop(0)

    def asked(self, method: str) -> list[tuple[str, str]]:
        """(file, range) of each request so far with this method."""
        return [(name, span) for found, name, span in self.requests if found == method]


@contextmanager
def web_server(
    directory: Path, port: int = 0, *, address: str = "127.0.0.1", **values: Any
) -> Iterator[WebServer]:
    server = WebServer(directory, **values)
    handler = type("Handler", (_Handler,), {"bench": server})
    listener = ThreadingHTTPServer((address, port), handler)
    server.url = f"http://{address}:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


class _Handler(BaseHTTPRequestHandler):
    bench: WebServer

    def log_message(self, *values: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        name = unquote(self.path.lstrip("/"))
        span = self.headers.get("Range", "")
        self.bench.requests.append((self.command, name, span))
        self.bench.authorizations.update(self.headers.get_all("Authorization", []))
        fault = self.bench.take_fault(self.command, name)
        path = self.bench.directory / name
        if fault.kind == "late":
            self.bench.go_on.wait(timeout=10)
        if fault.kind == "status" or not path.is_file():
            self.send_error(fault.value if fault.kind == "status" else 404)
            return
        content = bytearray(path.read_bytes())
        if fault.kind == "flip":
            content[fault.value] ^= 1
        start = self._send_head(span, len(content), fault)
        if body:
            self._send_body(bytes(content[start:]), fault)

    def _send_head(self, span: str, size: int, fault: Fault) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", span)
        start = int(match[1]) if match and self.bench.ranges else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if fault.kind != "silent":
            self.send_header("Content-Length", str(size - start))
        self.end_headers()
        return start

    def _send_body(self, content: bytes, fault: Fault) -> None:
        if fault.kind == "die":
            content = content[: fault.value]
        step = fault.value if fault.kind in ("trickle", "hold") else max(len(content), 1)
        for piece in _pieces(content, step):
            # Counted first: whoever has received these bytes may already ask how many there were.
            self.bench.sent_bytes += len(piece)
            try:
                self.wfile.write(piece)
            except OSError:
                return
            if fault.kind == "trickle":
                time.sleep(0.01)
            elif fault.kind == "hold":
                self.bench.go_on.wait(timeout=10)


def _pieces(content: bytes, step: int) -> Sequence[bytes]:
    return [content[at : at + step] for at in range(0, len(content), step)]
