# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One question to a server with the OpenAI API; whatever comes of it is a value."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from http.client import HTTPException
from typing import Any, Callable, Optional
from urllib.error import HTTPError

from ansible.module_utils.urls import open_url


@dataclass(frozen=True)
class Question:
    """What to ask. C(model) None takes the first that the server lists; C(timeout) in seconds."""

    url: str
    text: str
    model: Optional[str]
    temperature: float
    max_tokens: int
    timeout: int
    api_key: Optional[str]


@dataclass(frozen=True)
class Answer:
    """What came back. C(status) is the last HTTP status, 0 where there was none.

    C(latency_seconds) and C(tokens_per_second) are measured over the whole request of the
    question; numbers are 0 and texts empty for what did not come.
    """

    url: str
    reachable: bool = False
    status: int = 0
    error: str = ""
    model: str = ""
    models: tuple[str, ...] = ()
    answer: str = ""
    finish_reason: str = ""
    latency_seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tokens_per_second: float = 0.0

    def values(self) -> dict[str, Any]:
        """Values for the module's result."""
        return {**asdict(self), "models": list(self.models)}


@dataclass(frozen=True)
class Reply:
    """One HTTP exchange: status 0 and the reason in C(error) where none took place."""

    status: int
    body: bytes = b""
    error: str = ""


Fetch = Callable[[str, Optional[bytes]], Reply]


def ask(
    question: Question,
    *,
    fetch: Optional[Fetch] = None,
    now: Callable[[], float] = time.monotonic,
) -> Answer:
    """List the server's models, then ask one of them. Never raises for what the server does."""
    fetch = fetch or _http(question)
    base = question.url.rstrip("/")
    answer = Answer(url=base)
    listed, fault = _decode(fetch(f"{base}/v1/models", None))
    if fault is not None:
        return replace(answer, **fault)
    models = tuple(str(entry["id"]) for entry in listed.get("data", []))
    model = question.model or (models[0] if models else "")
    answer = replace(answer, reachable=True, models=models, model=model)
    begin = now()
    completion, fault = _decode(fetch(f"{base}/v1/chat/completions", _body(question, model)))
    answer = replace(answer, latency_seconds=round(now() - begin, 3))
    return replace(answer, **(fault if fault is not None else _answered(completion, answer)))


def _body(question: Question, model: str) -> bytes:
    return json.dumps(
        {
            "model": model,
            "messages": [{"role": "user", "content": question.text}],
            "temperature": question.temperature,
            "max_tokens": question.max_tokens,
        }
    ).encode()


def _decode(reply: Reply) -> tuple[dict[str, Any], Optional[dict[str, Any]]]:
    """Return the JSON object of a good reply, or the fields that describe the fault."""
    fault: dict[str, Any] = {"status": reply.status, "reachable": reply.status != 0}
    if reply.status != 200:
        text = reply.error or reply.body.decode("utf-8", "replace").strip()[:500]
        return {}, {**fault, "error": text or f"HTTP status {reply.status}"}
    try:
        decoded = json.loads(reply.body)
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        return {}, {**fault, "error": "the answer is not a JSON object; is this an OpenAI API?"}
    return decoded, None


def _answered(completion: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    try:
        choice, usage = completion["choices"][0], completion["usage"]
        tokens = int(usage["completion_tokens"])
        return {
            "status": 200,
            "answer": str(choice["message"]["content"] or ""),
            "finish_reason": str(choice.get("finish_reason") or ""),
            "prompt_tokens": int(usage["prompt_tokens"]),
            "completion_tokens": tokens,
            "tokens_per_second": round(tokens / answer.latency_seconds, 1)
            if answer.latency_seconds
            else 0.0,
        }
    except (KeyError, IndexError, TypeError) as error:
        return {"status": 200, "error": f"the completion lacks {error}; is this an OpenAI API?"}


def _http(question: Question) -> Fetch:
    headers = {"Content-Type": "application/json"}
    if question.api_key:
        headers["Authorization"] = f"Bearer {question.api_key}"

    def fetch(url: str, body: Optional[bytes]) -> Reply:
        try:
            response = open_url(
                url,
                data=body,
                headers=headers,
                method="GET" if body is None else "POST",
                timeout=question.timeout,
            )
            return Reply(response.status, response.read())
        except HTTPError as error:
            return Reply(error.code, error.read())
        except (OSError, HTTPException, ValueError) as error:  # ValueError: not a URL
            return Reply(0, error=str(getattr(error, "reason", error)))

    return fetch
