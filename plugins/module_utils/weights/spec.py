# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parameters of model_weights, parsed once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import (
    input_faults,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    NO_CREDENTIALS,
    Credentials,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import (
    Verifier,
    this_verifier,
)

CHECKS = ("index", "safetensors")


@dataclass(frozen=True)
class WeightsSpec:
    """What a person wants: which model, from where, to which weights root.

    ``digest`` is the SHA-256 (hex) of SHA256SUMS, empty when any list is accepted; ``parallel``
    counts files, ``timeout_seconds`` bounds one attempt at a file and the wait for the lock.
    A run lands only the first files, up to ``share_bytes``, and ends after ``run_seconds`` with
    what has landed; 0 sets no limit.
    ``feeds`` are URLs of relays, asked before the source, with ``stored_only`` for whole verified
    files alone; with ``relayed`` the node's own relay stores its files. ``feed_token`` goes to
    feeds only, ``credentials`` to the source only. With ``verify`` every byte of a version that
    is there is read. ``verifier`` is who the records will name.
    """

    name: str
    destination: str
    state: str
    source: str
    digest: str
    parallel: int
    timeout_seconds: int
    retries: int
    checks: tuple[str, ...]
    feeds: tuple[str, ...] = ()
    stored_only: bool = False
    relayed: bool = False
    share_bytes: int = 0
    run_seconds: int = 0
    verify: bool = False
    feed_token: str = field(default="", repr=False)
    credentials: Credentials = NO_CREDENTIALS
    verifier: Verifier = field(default_factory=Verifier)

    @classmethod
    def parse(cls, parameters: Mapping[str, Any]) -> WeightsSpec:
        """Take the module's parameters; raises InputError with every fault."""
        present = parameters["state"] == "present"
        source = parameters["source"] or ""
        name, destination = parameters["name"], parameters["destination"]
        digest = parameters["digest"] or ""
        feeds = tuple(feed.rstrip("/") for feed in parameters["feeds"])
        credentials = _credentials(parameters)
        wanted = source if present else None
        faults = input_faults(name, destination, digest, wanted, feeds, credentials)
        least = {"parallel": 1, "timeout_seconds": 1, "retries": 0}
        least.update({"share_bytes": 0, "run_seconds": 0})
        faults.extend(
            f"{key} {parameters[key]}: at least {minimum} is needed"
            for key, minimum in least.items()
            if parameters[key] < minimum
        )
        if faults:
            raise InputError(f"model {name!r}", faults)
        return cls(
            name=name,
            destination=os.path.normpath(destination),
            state=parameters["state"],
            source=source,
            digest=digest,
            parallel=parameters["parallel"],
            timeout_seconds=parameters["timeout_seconds"],
            retries=parameters["retries"],
            checks=tuple(parameters["checks"]),
            feeds=feeds,
            stored_only=parameters["stored_only"],
            relayed=parameters["relayed"],
            share_bytes=parameters["share_bytes"],
            run_seconds=parameters["run_seconds"],
            verify=parameters["verify"],
            feed_token=parameters["feed_token"] or "",
            credentials=credentials,
            verifier=this_verifier("model_weights", parameters["run"] or ""),
        )


def _credentials(parameters: Mapping[str, Any]) -> Credentials:
    return Credentials(
        token=parameters["source_token"] or "",
        access_key=parameters["source_access_key"] or "",
        secret_key=parameters["source_secret_key"] or "",
        region=parameters["source_region"],
    )
