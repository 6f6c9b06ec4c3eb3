"""Output tokens per second and latency of a running engine, at given numbers of streams."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .launch import Load

REQUEST_SECONDS = 120
# Each stream sends this many requests in one round.
REQUESTS_OF_A_STREAM = 2
FIRST_TOKEN_REQUESTS = 3
# Ids below are the tokenizer's own tokens. The steps are prime: no two of the requests begin with
# the same token, so the prefix cache helps none of them.
FIRST_ID = 10
REQUEST_STEP = 7919
TOKEN_STEP = 104729


def prompt(number: int, load: Load) -> list[int]:
    """The token ids of request `number`."""
    ids = load.vocabulary - FIRST_ID
    return [
        FIRST_ID + (number * REQUEST_STEP + position * TOKEN_STEP) % ids
        for position in range(load.prompt_tokens)
    ]


class Client:
    """Sends requests with prompts that no request before had."""

    def __init__(self, url: str, load: Load) -> None:
        self.url = url
        self.load = load
        self.sent = 0

    def at(self, streams: int) -> dict[str, Any]:
        """The rounds at a number of streams, after one that is not counted.

        Raises OSError when the engine does not answer, ValueError for an answer of another length.
        """
        self._round(streams, streams, self.load.answer_tokens)
        rounds = [
            self._round(streams, streams * REQUESTS_OF_A_STREAM, self.load.answer_tokens)
            for _ in range(self.load.rounds)
        ]
        rates = [item["output_tokens_per_second"] for item in rounds]
        return {
            "streams": streams,
            "output_tokens_per_second": statistics.median(rates),
            "rounds": rounds,
        }

    def first_token_seconds(self, requests: int = FIRST_TOKEN_REQUESTS) -> float:
        """Median seconds of a request alone that asks for one token. Raises as `at` does."""
        rounds = [self._round(1, 1, 1)["p50_seconds"] for _ in range(requests)]
        return statistics.median(rounds)

    def _round(self, streams: int, requests: int, answer_tokens: int) -> dict[str, float]:
        numbers = range(self.sent, self.sent + requests)
        self.sent += requests
        begin = time.perf_counter()
        with ThreadPoolExecutor(streams) as pool:
            took = sorted(pool.map(lambda number: self._ask(number, answer_tokens), numbers))
        seconds = time.perf_counter() - begin
        return {
            "requests": requests,
            "seconds": round(seconds, 3),
            "output_tokens_per_second": round(requests * answer_tokens / seconds, 1),
            "p50_seconds": round(statistics.median(took), 4),
            "p99_seconds": round(_percentile(took, 99), 4),
        }

    def _ask(self, number: int, answer_tokens: int) -> float:
        sampling = {"max_new_tokens": answer_tokens, "temperature": 0, "ignore_eos": True}
        body = {"input_ids": prompt(number, self.load), "sampling_params": sampling}
        request = urllib.request.Request(
            f"{self.url}/generate",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        begin = time.perf_counter()
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:
            found = json.load(answer)["meta_info"]["completion_tokens"]
        if found != answer_tokens:
            raise ValueError(f"request {number}: {found} tokens, asked for {answer_tokens}")
        return time.perf_counter() - begin


def _percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile of sorted values."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]
