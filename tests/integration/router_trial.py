"""Run the router's container in front of simulated engines, in a network of its own.

    unshare --mount --net --pid --fork --kill-child python router_trial.py TRIAL

TRIAL is a JSON file: `root` the image's root file system, `command` and `environment` of the
container, `user` its numeric user, `engines` the addresses on which simulated engines listen and
`port` their port, `series` the metrics that are awaited. Prints what was seen as JSON.

The router is the real one, in its image, which is mounted read-only. The engines are simulated:
they hold an answer for half a second, a streaming one a second for each token that is wanted, and
count what they were asked.
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MODELS = {"object": "list", "data": [{"id": "m", "object": "model"}]}
QUESTION = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
COMPLETIONS = "/v1/chat/completions"
ROUTER, HEALTH, METRICS = 30000, 30001, 29000


class Engine(ThreadingHTTPServer):
    """A simulated engine that counts the questions it was asked."""

    daemon_threads = True

    def __init__(self, address: str, port: int) -> None:
        super().__init__((address, port), Answer)
        self.questions = 0


class Answer(BaseHTTPRequestHandler):
    """Health and the model to everybody; an answer in OpenAI's shape."""

    protocol_version = "HTTP/1.1"
    server: Engine

    def do_GET(self) -> None:
        """Health, and the name of the model."""
        self._send("application/json", json.dumps(MODELS if self.path == "/v1/models" else {}))

    def do_POST(self) -> None:
        """An answer, or as many events as tokens are wanted, one a second."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.questions += 1
        if not asked.get("stream"):
            time.sleep(0.5)
            choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}}
            body = {"id": "1", "object": "chat.completion", "model": "m", "choices": [choice]}
            self._send("application/json", json.dumps(body))
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for _ in range(asked["max_tokens"]):
            self._event({"choices": [{"index": 0, "delta": {"content": "Hi"}}]})
            time.sleep(1)
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _event(self, body: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(body)}\n\n".encode())
        self.wfile.flush()

    def _send(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def main() -> None:
    """Start all, ask, and print what was seen."""
    trial = json.loads(Path(sys.argv[1]).read_text())
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    engines = [Engine(address, trial["port"]) for address in trial["engines"]]
    for engine in engines:
        threading.Thread(target=engine.serve_forever, daemon=True).start()
    log = Path(sys.argv[1]).with_suffix(".log")
    with log.open("wb") as output:
        router = subprocess.Popen(container(trial), stdout=output, stderr=subprocess.STDOUT)
        try:
            until(lambda: ask(HEALTH, "GET", "/readiness") == 200, log)
            seen = questions(trial["key"])
            seen["metrics"] = metrics(trial["series"])
            seen["asked"] = [engine.questions for engine in engines]
            seen["lost"] = engine_lost(engines[0], trial["key"])
            seen.update(drained(router, trial["key"]))
        finally:
            router.kill()
    seen["log"] = log.read_text()
    print(json.dumps(seen))


def container(trial: dict[str, Any]) -> list[str]:
    """The command line of the container: its image read-only, its user, no other variables."""
    root = trial["root"]
    subprocess.run(["mount", "--bind", root, root], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", root], check=True)
    words = [f"{name}={value}" for name, value in trial["environment"].items()]
    user = f"--userspec={trial['user']}:{trial['user']}"
    return ["chroot", user, root, "/usr/bin/env", "-i", *words, *trial["command"]]


def questions(key: str) -> dict[str, Any]:
    """Answers with the key, without one and with a wrong one, and of the control plane."""
    return {
        "key": at_once(key),
        "no key": ask(ROUTER, "POST", COMPLETIONS),
        "wrong key": ask(ROUTER, "POST", COMPLETIONS, "wrong"),
        "control plane": ask(ROUTER, "POST", "/workers", key),
    }


def engine_lost(engine: Engine, key: str) -> list[int]:
    """Answers after an engine has gone without a word."""
    engine.shutdown()
    engine.server_close()
    return at_once(key)


def drained(router: subprocess.Popen[bytes], key: str) -> dict[str, Any]:
    """What becomes of a streaming answer when the router is told to end."""
    connection = http.client.HTTPConnection("127.0.0.1", ROUTER, timeout=60)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    body = json.dumps({**QUESTION, "stream": True, "max_tokens": 8})
    connection.request("POST", COMPLETIONS, body, headers)
    response = connection.getresponse()
    response.readline()
    router.send_signal(signal.SIGTERM)
    while (readiness := ask(HEALTH, "GET", "/readiness")) == 200:
        time.sleep(0.1)
    rest = response.read().decode()
    return {"draining": readiness, "stream": rest[-14:], "exit": router.wait(30)}


def metrics(awaited: list[str]) -> str:
    """What the router answers to Prometheus; those of its runtime come some seconds later."""
    deadline = time.monotonic() + 60
    while True:
        found = served_metrics()
        if all(name in found for name in awaited) or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def served_metrics() -> str:
    """One page of metrics."""
    connection = http.client.HTTPConnection("127.0.0.1", METRICS, timeout=30)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def at_once(key: str) -> list[int]:
    """The statuses of eight questions that are under way together."""
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, ROUTER, "POST", COMPLETIONS, key) for _ in range(8)]
        return [question.result() for question in asked]


def ask(port: int, method: str, path: str, key: str = "") -> int:
    """The status of one request; 0 where nothing listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        connection.request(method, path, json.dumps(QUESTION) if method == "POST" else "", headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def until(holds: Callable[[], bool], log: Path) -> None:
    """Wait for a minute at most."""
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(log.read_text()[-2000:])
        time.sleep(0.5)


if __name__ == "__main__":
    main()
