# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong with a model's weights; input that is refused raises InputError."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError


class WeightsError(OperationError):
    """Anything that stops weights from being landed, published or removed."""


class SourceError(WeightsError):
    """The source does not give what was asked for; asking again does not help."""

    def __init__(self, url: str, found: str, advice: str, **details: Any) -> None:
        super().__init__(f"{url}: {found}; {advice}", url=url, **details)


class TransientSourceError(SourceError):
    """The source failed in a way that another attempt can heal."""


class UnreachableError(TransientSourceError):
    """No connection to the source could be made."""


class NotYetError(TransientSourceError):
    """The source will have the file later and says when to ask again (seconds)."""

    def __init__(self, url: str, found: str, advice: str, *, retry_after: float) -> None:
        super().__init__(url, found, advice)
        self.retry_after = retry_after


class MismatchError(TransientSourceError):
    """A file's bytes do not have the SHA-256 digest that the list gives."""

    def __init__(self, name: str, url: str, *, expected: str, found: str) -> None:
        super().__init__(
            url,
            f"file {name} has SHA-256 {found}, the list needs {expected}",
            "repair the file or SHA256SUMS at the source",
            file=name,
            expected_sha256=expected,
            found_sha256=found,
        )


class SpaceError(WeightsError):
    """The file system cannot hold what is still to be fetched (all figures in bytes)."""

    def __init__(self, path: str, *, needed: int, free: int, there: int) -> None:
        super().__init__(
            f"{path}: {needed} bytes are still to be fetched, {free} bytes are free ({there} bytes "
            f"of this model are already there); free at least {max(needed - free, 0)} bytes or "
            "choose another destination",
            needed_bytes=needed,
            free_bytes=free,
            there_bytes=there,
        )


class LockedError(WeightsError):
    """Another run holds the weights root."""


class StoppedError(WeightsError):
    """A file was given up because another one failed or the run's time is over; never reported."""


class SeveralError(WeightsError):
    """More than one file failed; the message holds each one's, sorted."""

    def __init__(self, errors: Sequence[WeightsError]) -> None:
        messages = sorted(str(error) for error in errors)
        super().__init__("\n".join(messages), faults=messages)
