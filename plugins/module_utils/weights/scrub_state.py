# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a scrub of one version is and what it found; kept beside the version's files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import (
    Verifier,
    parse_verifier,
)

SCHEMA = 1
# Enough to tell what a disk that is dying did, and never a file that grows for years.
MOST_EVENTS = 100


@dataclass(frozen=True)
class Event:
    """A file that was found wrong: when (UTC, ISO 8601), by whom, what, and what became of it.

    ``repaired_from`` is the URL that its right bytes came from, empty when none gave them.
    """

    at: str
    file: str
    found: str
    repaired_from: str
    by: Verifier


@dataclass(frozen=True)
class ScrubState:
    """Figures of one version's scrubs; times are UTC, ISO 8601, empty for never.

    ``position`` counts the files of the list that the pass under way has read (0: none is under
    way, the next begins a new one), so that no clock decides what is read. ``wrong`` names files
    that were found wrong and are not repaired. Bytes read, files found and repaired are totals
    since the version came to this node.
    """

    digest: str
    position: int = 0
    started_at: str = ""
    finished_at: str = ""
    succeeded_at: str = ""
    by: Verifier = field(default_factory=Verifier)
    read_bytes: int = 0
    found: int = 0
    repaired: int = 0
    wrong: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


def dump_state(state: ScrubState) -> bytes:
    """The state as JSON, the same bytes for the same state."""
    content = {"schema": SCHEMA, **asdict(state)}
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def parse_state(text: bytes) -> ScrubState:
    """Parse a state; raises ValueError when it is anything else."""
    try:
        content = json.loads(text)
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema {content['schema']}, this version reads {SCHEMA}")
        if content["position"] < 0:
            raise ValueError(f"position {content['position']}")
        return ScrubState(
            digest=str(content["digest"]),
            position=int(content["position"]),
            started_at=str(content["started_at"]),
            finished_at=str(content["finished_at"]),
            succeeded_at=str(content["succeeded_at"]),
            by=parse_verifier(content["by"]),
            read_bytes=int(content["read_bytes"]),
            found=int(content["found"]),
            repaired=int(content["repaired"]),
            wrong=tuple(str(name) for name in content["wrong"]),
            events=tuple(_parse_event(entry) for entry in content["events"]),
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"not the state of a scrub: {error!r}") from error


def _parse_event(entry: Mapping[str, object]) -> Event:
    by = entry["by"]
    if not isinstance(by, dict):
        raise TypeError("by is an object")
    return Event(
        at=str(entry["at"]),
        file=str(entry["file"]),
        found=str(entry["found"]),
        repaired_from=str(entry["repaired_from"]),
        by=parse_verifier(by),
    )
