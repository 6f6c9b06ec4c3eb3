"""What can go wrong in the lab: every error names the object, what was found and what to do."""

from __future__ import annotations


class LabError(Exception):
    """A lab operation failed; the message is complete for the person who reads it."""


class DefinitionError(LabError):
    """A lab file is wrong. ``faults`` holds every fault found, sorted."""

    def __init__(self, source: str, faults: list[str]) -> None:
        self.source = source
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(f"{source}: {fault}" for fault in self.faults))
