"""The program that the weights' benchmarks run on each node."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec

from benchmarks.weights_node import DEFAULTS


def test_what_the_benchmarks_do_not_give_has_a_default() -> None:
    # As benchmarks/weights_chain.py gives them.
    given = {
        "name": "m",
        "source": "http://10.0.0.1:8080/models/m",
        "destination": "/models",
        "feeds": ["http://10.0.0.2:8090"],
        "feed_token": "5eed" * 8,
        "stored_only": False,
        "relayed": True,
        "parallel": 8,
    }
    spec = WeightsSpec.parse({**DEFAULTS, **given})
    assert (spec.name, spec.relayed, spec.credentials.given) == ("m", True, False)
