# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that come through the node's own relay: wait for each and take it over."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import (
    STALL_SECONDS,
    Stream,
    TransferAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import NotYetError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    bytes_below,
    signature_of,
)

_POLL_SECONDS = 0.2

# Waits for a file that comes without being asked for: (name, give_up) -> where it lies, empty when
# it does not come. ``give_up`` raises when the run is to end.
Arrive = Callable[[str, Callable[[], None]], str]


def nothing_arrives(_name: str, _give_up: Callable[[], None]) -> str:
    """Arrive for a node that asks for every file itself."""
    return ""


class PatientAdapter:
    """Asks in a relay's stead, and lets the node wait on where nothing can have passed yet.

    Else every node of a chain would go on asking for what its first one does not hold, and all of
    them would get it at once, each over the links of all before it.
    """

    def __init__(self, adapter: TransferAdapter, store: RelayStore) -> None:
        self._adapter = adapter
        self._store = store

    def url(self, name: str) -> str:
        """The file's URL where it is asked for."""
        return self._adapter.url(name)

    def size(self, name: str) -> int:
        """The file's size in bytes; raises SourceError."""
        return self._adapter.size(name)

    def open(self, name: str, offset: int) -> Stream:
        """Start to read a file at ``offset`` bytes; raises SourceError."""
        try:
            return self._adapter.open(name, offset)
        except NotYetError:
            self._store.wait_anew()
            raise


class RelayStore:
    """The directory where a relay stores what passes, nginx's temporary files beside it.

    It is waited on while bytes come in; after STALL_SECONDS without any the node has to ask for
    its files itself, and a file that was taken once is not waited for again.
    """

    def __init__(self, path: str, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._bytes = -1
        self._changed_at = self._looked_at = clock.monotonic()

    def arrive(self, name: str, give_up: Callable[[], None]) -> str:
        """Path of a whole file in the store, now this process's own; empty when none comes.

        It stays where the relay finds it until it is verified: a node behind that asks for it
        meanwhile gets it from here and not from the source once more.
        """
        if name in self._taken:
            return ""
        stored = os.path.join(self._path, name)
        while signature_of(stored) is None:
            give_up()
            if self._quiet():
                return ""
            self._clock.sleep(_POLL_SECONDS)
        # The relay's user owns what it stored and must not own what is published.
        os.chown(stored, os.geteuid(), os.getegid(), follow_symlinks=False)
        self._taken.add(name)
        return stored

    def wait_anew(self) -> None:
        """Wait for bytes as long as at the start: who passes them on is there and has none yet."""
        with self._lock:
            self._changed_at = self._clock.monotonic()

    def _quiet(self) -> bool:
        with self._lock:
            now = self._clock.monotonic()
            if self._bytes < 0 or now - self._looked_at >= 1:
                self._looked_at = now
                found = bytes_below(os.path.dirname(self._path))
                if found != self._bytes:
                    self._bytes, self._changed_at = found, now
            return now - self._changed_at >= STALL_SECONDS
