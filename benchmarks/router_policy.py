"""How evenly each policy of the router (smg) spreads requests, and how often it asks for load.

PYTHON -m benchmarks.router_policy

PYTHON is an interpreter with smg (its version is printed). The router is the real one;
the engines are simulated here: each holds a request for a time and answers. For each policy the
command prints for how many of the requests an engine with the fewest requests in flight was taken,
and the questions for load that one engine had each minute. It needs no GPU and takes a minute.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

ENGINES = 3
REQUESTS = 60
SEED = 1
# Milliseconds that an engine holds a request: most are short, a third is long.
HOLDING = (200, 400, 2000)
LOADS = "/v1/loads"
MODELS = {"object": "list", "data": [{"id": "simulated", "object": "model"}]}
POLICIES = (
    ("least_load",),
    ("least_load", "--load-monitor-interval", "5"),
    ("power_of_two",),
    ("power_of_two", "--power-of-two-load-metric", "least_requests"),
    ("cache_aware",),
    ("cache_aware", "--balance-abs-threshold", "0", "--balance-rel-threshold", "1.0"),
    ("round_robin",),
)


class Engine(ThreadingHTTPServer):
    """A simulated engine that counts its requests in flight and the questions for its load."""

    request_queue_size = 200
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked = 0
        self.running: set[int] = set()

    def load(self) -> dict[str, object]:
        """What an engine of SGLang says of its load: all that it has taken is running."""
        running = len(self.running)
        return {"loads": [{"dp_rank": 0, "num_running_reqs": running, "num_waiting_reqs": 0}]}


class Answer(BaseHTTPRequestHandler):
    """Answers of a simulated engine."""

    server: Engine

    def do_GET(self) -> None:
        """Health, the name of the model, and the load."""
        path = self.path.split("?")[0]
        self.server.asked += path == LOADS
        self._send({"/v1/models": MODELS, LOADS: self.server.load()}.get(path, {}))

    def do_POST(self) -> None:
        """A completion, after as many milliseconds as the request wants tokens."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.running.add(id(self))
        time.sleep(asked["max_tokens"] / 1000)
        self.server.running.discard(id(self))
        self._send({"port": self.server.server_port})

    def log_message(self, *_: object) -> None:
        """Nothing: the router's questions would hide the figures."""

    def _send(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Run each policy with prompts that begin alike and with prompts that do not."""
    print(f"smg {version('smg')}, {ENGINES} simulated engines")
    for policy in POLICIES:
        with engines() as running, router(policy, running) as port:
            begun = time.monotonic()
            ports = {engine.server_port for engine in running}
            figures = [spread(port, ports, alike=alike) for alike in (True, False)]
            minutes = (time.monotonic() - begun) / 60
            asked = running[0].asked / minutes
        print(
            f"{' '.join(policy)}: an engine with the fewest requests for {figures[0]} of {REQUESTS}"
            f" prompts that begin alike, {figures[1]} of {REQUESTS} that do not;"
            f" asked for load {asked:.0f} times a minute"
        )


@contextmanager
def engines() -> Iterator[list[Engine]]:
    """Simulated engines on free ports."""
    running = [Engine() for _ in range(ENGINES)]
    for engine in running:
        threading.Thread(target=engine.serve_forever, daemon=True).start()
    try:
        yield running
    finally:
        for engine in running:
            engine.shutdown()
            engine.server_close()


@contextmanager
def router(policy: tuple[str, ...], running: list[Engine]) -> Iterator[int]:
    """The real router in front of them, on a free port."""
    port, metrics = free_port(), free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "smg.launch_router", "--host", "127.0.0.1"),
            *("--port", str(port), "--prometheus-port", str(metrics), "--policy", *policy),
            *("--worker-urls", *(f"http://127.0.0.1:{engine.server_port}" for engine in running)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_ready(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def free_port() -> int:
    """A TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(port: int) -> None:
    """Wait until the router answers a request, for a minute at most."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            ask(port, "ready?", 1)
        except (OSError, KeyError, ValueError, http.client.HTTPException):
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(f"the router on port {port} does not answer after 60 s")


def ask(port: int, prompt: str, milliseconds: int) -> tuple[float, float, int]:
    """Begin and end of one request in seconds, and the port of the engine that answered."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = {"model": "simulated", "prompt": prompt, "max_tokens": milliseconds}
    header = {"Content-Type": "application/json"}
    connection.request("POST", "/v1/completions", json.dumps(body), header)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return begun, time.monotonic(), answer["port"]


def spread(port: int, engine_ports: set[int], *, alike: bool) -> int:
    """Requests for which an engine with the fewest requests in flight was taken."""
    chance = random.Random(SEED)  # noqa: S311 a load that repeats, no secret
    with ThreadPoolExecutor(REQUESTS) as pool:
        waiting = []
        for number in range(REQUESTS):
            beginning = "the same beginning " * 20 if alike else f"{chance.random()} "
            waiting.append(pool.submit(ask, port, f"{beginning}{number}", chance.choice(HOLDING)))
            time.sleep(chance.uniform(0.04, 0.12))
        done = [request.result() for request in waiting]
    return sum(
        loads[engine] == min(loads.values())
        for begun, _, engine in done
        for loads in [in_flight(done, begun, engine_ports)]
    )


def in_flight(
    done: list[tuple[float, float, int]], moment: float, engine_ports: set[int]
) -> dict[int, int]:
    """Requests of each engine that were begun before C(moment) and not yet answered."""
    return {
        engine: sum(begun < moment < end for begun, end, taken in done if taken == engine)
        for engine in engine_ports
    }


if __name__ == "__main__":
    main()
