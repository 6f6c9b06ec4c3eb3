# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The transfer engines: what each node has to run and to read so that all of them get one model.

An engine is a pure function from a transfer to the parts of its nodes. It moves no byte: nginx and
model_weights do, and model_weights alone verifies, whichever engine brought the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Callable, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.relay import (
    CHAIN_PATH,
    READ_SECONDS,
    STORED_PATH,
    Relay,
    Upstream,
    read_seconds,
    relay_configuration,
    relay_url,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (
    FanOut,
    Feed,
    Manner,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    SHORT_DIGEST,
)

_PATHS = {Manner.PASSED_ON: CHAIN_PATH, Manner.STORED: STORED_PATH}


@dataclass(frozen=True)
class Transfer:
    """One model to many nodes.

    ``source`` is what a relay reads of the model's directory, None where no relay can: then the
    head of a chain asks for each file itself. ``digest`` is the SHA-256 (hex) of the model's list,
    ``root`` the weights root of every node. ``addresses`` maps every node of the fan-out and every
    holder to its address on the cluster network, where its relay listens on ``port``. ``token`` is
    made anew for each run.
    """

    source: Optional[Upstream]
    model: str
    digest: str
    root: str
    fan_out: FanOut
    addresses: Mapping[str, str]
    port: int
    token: str = field(repr=False)
    relay_user: str = "www-data"
    run_directory: str = "/run/baremetal-sglang-relay"


@dataclass(frozen=True)
class Part:
    """A node's part in a transfer.

    ``relay`` is the configuration of the nginx that has to run there (empty: none) while
    model_weights gets ``feeds`` (URLs of relays, asked in turn before the source), ``stored_only``
    (it asks them for whole verified files only) and ``relayed`` (the node's own relay stores what
    it lacks, so it asks for nothing unless that stays away or is wrong).
    """

    relay: str = field(default="", repr=False)
    feeds: tuple[str, ...] = ()
    stored_only: bool = False
    relayed: bool = False


Engine = Callable[[Transfer], Mapping[str, Part]]


def direct(transfer: Transfer) -> Mapping[str, Part]:
    """Every node reads from the source: for one node, or where nginx cannot run."""
    return {feed.node: Part() for feed in transfer.fan_out.feeds}


def chain(transfer: Transfer) -> Mapping[str, Part]:
    """Every node runs a relay that reads from its feeders; raises InputError."""
    fed = {feed.node for feed in transfer.fan_out.feeds}
    holding = {name for feed in transfer.fan_out.feeds for name in feed.feeders} - fed
    parts = {name: Part(relay=_relay(transfer, name, ())) for name in sorted(holding)}
    parts.update((feed.node, _part(transfer, feed)) for feed in transfer.fan_out.feeds)
    return parts


ENGINES: Mapping[str, Engine] = {"direct": direct, "chain": chain}


def _part(transfer: Transfer, feed: Feed) -> Part:
    urls = tuple(relay_url(transfer.addresses[name], transfer.port) for name in feed.feeders)
    directories = tuple(url + _PATHS[feed.manner] for url in urls)
    return Part(
        relay=_relay(transfer, feed.node, directories),
        feeds=urls,
        stored_only=feed.manner is Manner.STORED,
        relayed=not feed.pulls,
    )


def _relay(transfer: Transfer, node: str, directories: tuple[str, ...]) -> str:
    upstreams = [Upstream(url, transfer.token) for url in directories]
    if transfer.source is not None:
        upstreams.append(transfer.source)
    return relay_configuration(
        Relay(
            address=transfer.addresses[node],
            port=transfer.port,
            token=transfer.token,
            root=transfer.root,
            model=transfer.model,
            short_digest=transfer.digest[:SHORT_DIGEST],
            upstreams=tuple(upstreams),
            user=transfer.relay_user,
            run_directory=transfer.run_directory,
            read_seconds=_read_seconds(transfer.fan_out, node),
        )
    )


def _read_seconds(fan_out: FanOut, node: str) -> float:
    for members in fan_out.chains:
        if node in members:
            return read_seconds(members.index(node), len(members))
    return READ_SECONDS
