#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible module: ask a served model a question."""

from __future__ import annotations

DOCUMENTATION = r"""
module: serving_endpoint_info
short_description: Ask a served model a question
version_added: 0.1.0
author: baremetal.sglang maintainers (@baremetal)
description:
  - Lists the models of a server with the OpenAI API and asks one of them a question.
  - A server that cannot be reached, or that answers with an error, is reported in
    RV(endpoint.reachable), RV(endpoint.status) and RV(endpoint.error); it is not a failure.
extends_documentation_fragment:
  - baremetal.sglang.attributes.info
options:
  url:
    description:
      - Address of the server without C(/v1), beginning with C(http://) or C(https://).
    type: str
    required: true
  question:
    description:
      - The one message of the user.
    type: str
    required: true
  model:
    description:
      - Name of the model. Without it the first that the server lists.
    type: str
  temperature:
    description:
      - Sampling temperature; V(0) takes the most likely token each time.
    type: float
    default: 0
  max_tokens:
    description:
      - How many tokens the answer may have.
    type: int
    default: 64
  timeout:
    description:
      - How long to wait for each of the two answers, in seconds.
    type: int
    default: 60
  api_key:
    description:
      - Key that the server asks for as a bearer token.
    type: str
notes:
  - Runs on the controller, or on any host that reaches the server.
seealso:
  - module: baremetal.sglang.serving_group
"""

EXAMPLES = r"""
- name: Ask the model for a capital
  baremetal.sglang.serving_endpoint_info:
    url: http://10.79.0.12:30080
    question: What is the capital of France?
  register: asked
  until: asked.endpoint.reachable
  retries: 12
  delay: 5
"""

RETURN = r"""
endpoint:
  description: What came of the question. Numbers are 0 and texts empty for what did not come.
  returned: success
  type: dict
  contains:
    url:
      description: The server's address.
      type: str
      sample: http://10.79.0.12:30080
    reachable:
      description: Whether the server answered over HTTP at all.
      type: bool
      sample: true
    status:
      description: Last HTTP status, V(0) where there was none.
      type: int
      sample: 200
    error:
      description: Why there is no answer, empty when there is one.
      type: str
      sample: ""
    model:
      description: The model that was asked.
      type: str
      sample: smollm2-135m-instruct
    models:
      description: All models that the server lists.
      type: list
      elements: str
      sample: [smollm2-135m-instruct]
    answer:
      description: The model's answer.
      type: str
      sample: The capital of France is Paris.
    finish_reason:
      description: Why the answer ended, C(stop) by itself or C(length) at O(max_tokens).
      type: str
      sample: stop
    latency_seconds:
      description: From the question to the end of the answer.
      type: float
      sample: 0.412
    prompt_tokens:
      description: Tokens of the question with its template.
      type: int
      sample: 37
    completion_tokens:
      description: Tokens of the answer.
      type: int
      sample: 8
    tokens_per_second:
      description: Tokens of the answer over the latency.
      type: float
      sample: 19.4
"""

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding, InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.endpoint import (
    Question,
    ask,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)

ARGUMENTS = {
    "url": {"type": "str", "required": True},
    "question": {"type": "str", "required": True},
    "model": {"type": "str"},
    "temperature": {"type": "float", "default": 0},
    "max_tokens": {"type": "int", "default": 64, "no_log": False},
    "timeout": {"type": "int", "default": 60},
    "api_key": {"type": "str", "no_log": True},
}


def operate(request: Request) -> Finding:
    """Ask once."""
    asked = request.parameters
    faults = []
    if not asked["url"].startswith(("http://", "https://")):
        faults.append(f"url: found {asked['url']!r}, needed http:// or https:// in front")
    faults += [
        f"{option}: found {asked[option]}, needed 1 or more"
        for option in ("max_tokens", "timeout")
        if asked[option] < 1
    ]
    if asked["temperature"] < 0:
        faults.append(f"temperature: found {asked['temperature']}, needed 0 or more")
    if faults:
        raise InputError("endpoint", faults)
    question = Question(
        url=asked["url"],
        text=asked["question"],
        model=asked["model"],
        temperature=asked["temperature"],
        max_tokens=asked["max_tokens"],
        timeout=asked["timeout"],
        api_key=asked["api_key"],
    )
    return Finding({"endpoint": ask(question).values()})


def main() -> None:
    """Run the module."""
    run_module(argument_spec=ARGUMENTS, operate=operate)


if __name__ == "__main__":
    main()
