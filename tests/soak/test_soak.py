"""A lab that serves keeps answering: asked once a minute, without a single failure."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from tests.lab_driver import ROOT, Site

VARIABLES = yaml.safe_load((ROOT / "inventories/lab/group_vars/all.yml").read_text())
PERIOD_SECONDS = 60.0
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """One question: minute of the soak, seconds it took, what went wrong (empty: nothing)."""

    minute: int
    seconds: float
    failure: str


def ask(url: str, minute: int) -> Answer:
    """Ask the site's question at temperature 0; a wrong answer is a failure as well."""
    body = {
        "model": VARIABLES["site_model"],
        "messages": [{"role": "user", "content": VARIABLES["site_question"]}],
        "temperature": 0,
        "max_tokens": 32,
    }
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    begin = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            text = json.load(answer)["choices"][0]["message"]["content"]
    except (OSError, ValueError, KeyError) as error:
        return Answer(minute, time.monotonic() - begin, f"{type(error).__name__}: {error}")
    right = VARIABLES["site_expected_answer"] in text
    return Answer(minute, time.monotonic() - begin, "" if right else f"answered {text!r}")


def table(answers: Sequence[Answer]) -> str:
    """Failures, and the latencies of the answers in seconds."""
    failed = [answer for answer in answers if answer.failure]
    lines = [f"minute {answer.minute}: {answer.failure}" for answer in failed]
    lines.append(f"questions {len(answers)}, failures {len(failed)}")
    seconds = sorted(answer.seconds for answer in answers if not answer.failure)
    if seconds:
        high = seconds[min(len(seconds) - 1, round(0.99 * len(seconds)))]
        figures = [min(seconds), statistics.median(seconds), high, max(seconds)]
        lines.append("seconds  " + "  ".join(f"{name:>6}" for name in ("min", "p50", "p99", "max")))
        lines.append("         " + "  ".join(f"{value:>6.2f}" for value in figures))
    return "\n".join(lines)


def test_the_lab_answers_once_a_minute_without_a_failure(served: Site, minutes: int) -> None:
    url = f"http://{served.addresses['node1']}:30080/v1/chat/completions"
    begin = time.monotonic()
    answers = []
    for minute in range(minutes):
        time.sleep(max(0.0, begin + minute * PERIOD_SECONDS - time.monotonic()))
        answers.append(ask(url, minute))
    time.sleep(max(0.0, begin + minutes * PERIOD_SECONDS - time.monotonic()))
    answers.append(ask(url, minutes))
    print(f"\n{table(answers)}")
    assert [answer for answer in answers if answer.failure] == []
