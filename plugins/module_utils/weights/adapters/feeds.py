# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several places that have the same files: other nodes' relays, and the source behind them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import (
    Stream,
    TransferAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    UnreachableError,
)


class FeedsAdapter:
    """Reads from the first place that can be reached; one that cannot is not asked again.

    Sizes are the source's: it is the last place.
    """

    def __init__(self, places: Sequence[TransferAdapter]) -> None:
        self._places = list(places)
        self._lock = threading.Lock()

    def url(self, name: str) -> str:
        """The file's URL at the place that is read from now."""
        return self._places[0].url(name)

    def size(self, name: str) -> int:
        """The file's size in bytes at the source; raises SourceError."""
        return self._places[-1].size(name)

    def open(self, name: str, offset: int) -> Stream:
        """Start to read a file at ``offset`` bytes; raises SourceError."""
        while True:
            place = self._places[0]
            try:
                return place.open(name, offset)
            except UnreachableError:
                if not self._leave(place):
                    raise

    def _leave(self, place: TransferAdapter) -> bool:
        """Go on to the next place; False when the last one is left."""
        with self._lock:
            if self._places[0] is place and len(self._places) > 1:
                del self._places[0]
            return self._places[0] is not place
