"""Questions to a real HTTP server on loopback that answers from a table."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.endpoint import (
    Answer,
    Question,
    ask,
)

MODELS = (200, {"object": "list", "data": [{"id": "smollm2"}, {"id": "other"}]})
COMPLETION = (
    200,
    {
        "choices": [
            {"message": {"content": "The capital of France is Paris."}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 37, "completion_tokens": 8},
    },
)


class Server(HTTPServer):
    """Keeps the requests that it gets."""

    def __init__(self, replies: dict[str, tuple[int, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = replies
        self.seen: list[tuple[str, str | None, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers each path from the server's table."""

    server: Server

    def do_GET(self) -> None:
        self._reply(None)

    def do_POST(self) -> None:
        self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _reply(self, body: Any) -> None:
        self.server.seen.append((self.path, self.headers["Authorization"], body))
        status, content = self.server.replies[self.path]
        encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@contextmanager
def served(models: tuple[int, Any], completion: tuple[int, Any] = (500, "")) -> Iterator[Server]:
    server = Server({"/v1/models": models, "/v1/chat/completions": completion})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def question(url: str, **changes: Any) -> Question:
    values = {
        "url": url,
        "text": "What is the capital of France?",
        "model": None,
        "temperature": 0.0,
        "max_tokens": 64,
        "timeout": 5,
        "api_key": None,
    }
    return Question(**{**values, **changes})


def clock(*moments: float) -> Any:
    return iter(moments).__next__


def test_first_model_is_asked_and_the_answer_measured() -> None:
    with served(MODELS, COMPLETION) as server:
        answer = ask(question(f"{server.url}/"), now=clock(10.0, 10.5))
    assert answer == Answer(
        url=server.url,
        reachable=True,
        status=200,
        error="",
        model="smollm2",
        models=("smollm2", "other"),
        answer="The capital of France is Paris.",
        finish_reason="stop",
        latency_seconds=0.5,
        prompt_tokens=37,
        completion_tokens=8,
        tokens_per_second=16.0,
    )
    assert server.seen[1] == (
        "/v1/chat/completions",
        None,
        {
            "model": "smollm2",
            "messages": [{"role": "user", "content": "What is the capital of France?"}],
            "temperature": 0.0,
            "max_tokens": 64,
        },
    )


def test_named_model_and_key_are_sent() -> None:
    with served(MODELS, COMPLETION) as server:
        answer = ask(question(server.url, model="other", api_key="k"))
    assert answer.model == "other"
    assert server.seen[1][1] == "Bearer k"
    assert server.seen[1][2]["model"] == "other"


def test_server_that_is_not_there_is_a_value() -> None:
    with served(MODELS) as server:
        url = server.url
    answer = ask(question(url))
    assert (answer.reachable, answer.status, answer.answer) == (False, 0, "")
    assert "Connection refused" in answer.error


@pytest.mark.parametrize(
    ("models", "completion", "reachable", "status", "error"),
    [
        ((401, {"error": "Unauthorized"}), COMPLETION, True, 401, '{"error": "Unauthorized"}'),
        ((503, b""), COMPLETION, True, 503, "HTTP status 503"),
        (
            (200, b"<html>"),
            COMPLETION,
            True,
            200,
            "the answer is not a JSON object; is this an OpenAI API?",
        ),
        (MODELS, (400, b"too long"), True, 400, "too long"),
        (
            MODELS,
            (200, {"choices": []}),
            True,
            200,
            "the completion lacks list index out of range; is this an OpenAI API?",
        ),
        (
            MODELS,
            (200, {"choices": [{"message": {"content": "a"}}]}),
            True,
            200,
            "the completion lacks 'usage'; is this an OpenAI API?",
        ),
    ],
)
def test_answer_that_is_none_is_a_value(
    models: tuple[int, Any],
    completion: tuple[int, Any],
    reachable: bool,
    status: int,
    error: str,
) -> None:
    with served(models, completion) as server:
        answer = ask(question(server.url))
    assert (answer.reachable, answer.status, answer.error) == (reachable, status, error)
    assert answer.answer == ""


def test_a_url_that_names_no_port_is_a_value() -> None:
    assert ask(question("http://127.0.0.1:port")).reachable is False


def test_values_have_the_same_keys_with_and_without_an_answer() -> None:
    with served(MODELS, COMPLETION) as server:
        good = ask(question(server.url)).values()
    bad = ask(question(server.url)).values()
    assert good.keys() == bad.keys()
    assert {key: type(value) for key, value in good.items()} == {
        key: type(value) for key, value in bad.items()
    }
