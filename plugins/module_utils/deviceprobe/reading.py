# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every source of GPU facts hands over, and how one says that it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import Gpu


class SourceError(Exception):
    """A source that cannot tell; the message is why."""


@dataclass(frozen=True)
class Reading:
    """What one source knows: the GPUs that answered, and indexes of those that are lost."""

    source: str
    driver: str
    cuda: str
    gpus: tuple[Gpu, ...]
    lost: tuple[int, ...] = ()
