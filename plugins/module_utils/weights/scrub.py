# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read every byte of a model that lies on a node, and repair the files that are no longer right.

What is read is decided by a position in the list and by no clock, so a scrub that was stopped goes
on with the file that it was at, whatever the time of day became meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    LockedError,
    WeightsError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    LIST_NAME,
    FileList,
    ListedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.reading import (
    Throttle,
    hash_from_disk,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Record,
    VerifiedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.restore import (
    Restorer,
    restore_list,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    signature_of,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_spec import ScrubSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_state import (
    MOST_EVENTS,
    Event,
    ScrubState,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.tree import refuse_links
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import Verifier
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    VersionDirectory,
    own_list,
)

# A kill costs the files that were read since the state was written last (seconds).
_STATE_PERIOD_SECONDS = 5.0


@dataclass(frozen=True)
class Scrub:
    """One run over all versions of a model, the one that is linked first.

    ``say`` gets a line for each thing that a person may want to know, ``saved`` is called when the
    state on the disk has changed.
    """

    spec: ScrubSpec
    by: Verifier
    clock: Clock
    say: Callable[[str], None]
    saved: Callable[[], None] = lambda: None

    def run(self) -> tuple[str, ...]:
        """Scrub and return what stays wrong: paths of files, and of versions without their list.

        Raises WeightsError when the model is not on this node or its root is not writable.
        """
        root = WeightsRoot(self.spec.destination)
        versions = _in_order(root, self.spec.name)
        if not versions:
            raise WeightsError(
                f"{root.path} holds no version of {self.spec.name}; bring the model first "
                "(role model_weights), or set model_weights_scrub to false"
            )
        throttle = Throttle(self.spec.bytes_per_second, self.clock)
        wrong: list[str] = []
        for name in versions:
            directory = VersionDirectory(os.path.join(root.path, name))
            try:
                file_list = self._trusted_list(root, directory)
                one = _Pass(self, root, directory, file_list, throttle)
                wrong.extend(directory.file(file) for file in one.run())
            except WeightsError as error:
                self.say(str(error))
                wrong.append(directory.path)
        return tuple(wrong)

    def _trusted_list(self, root: WeightsRoot, directory: VersionDirectory) -> FileList:
        file_list = own_list(self.spec.name, directory)
        if file_list is None:
            self.say(f"{directory.file(LIST_NAME)} is lost or is not this version's own")
            with root.lock(self.spec.timeout_seconds, self.clock):
                file_list, url = restore_list(self.spec, directory, self.clock)
            self.say(f"{directory.file(LIST_NAME)} is repaired from {url}")
        refuse_links(directory.path, (file.name for file in file_list.files))
        return file_list


@dataclass
class _Pass:
    """A pass over one version, from where the last one was stopped."""

    scrub: Scrub
    root: WeightsRoot
    directory: VersionDirectory
    file_list: FileList
    throttle: Throttle
    right: dict[str, VerifiedFile] = field(default_factory=dict)
    state: ScrubState = field(init=False)
    saved_at: float = field(init=False)

    def run(self) -> tuple[str, ...]:
        """Names of the files that stay wrong."""
        self.state = self._begin()
        self._save()
        try:
            for file in self._rest():
                self._look_at(file)
        finally:
            # A version that was removed meanwhile has no state to keep.
            if self.directory.exists():
                self._save()
        if not self.directory.exists():
            self.scrub.say(f"{self.directory.path} was removed meanwhile")
            return ()
        self._end()
        return self.state.wrong

    def _begin(self) -> ScrubState:
        found = self.directory.scrub_state()
        if found is None or found.digest != self.file_list.digest:
            found = ScrubState(self.file_list.digest)
        if 0 < found.position < len(self.file_list.files):
            self.scrub.say(
                f"{self.directory.path}: goes on after {found.position} of "
                f"{len(self.file_list.files)} files"
            )
            return replace(found, by=self.scrub.by)
        return replace(
            found, position=0, started_at=self.scrub.clock.utc(), wrong=(), by=self.scrub.by
        )

    def _rest(self) -> Iterator[ListedFile]:
        for file in self.file_list.files[self.state.position :]:
            if not self.directory.exists():
                return
            yield file
            self.state = replace(self.state, position=self.state.position + 1)
            if self.scrub.clock.monotonic() - self.saved_at >= _STATE_PERIOD_SECONDS:
                self._save()

    def _look_at(self, file: ListedFile) -> None:
        found = self._read(file)
        if not found:
            return
        with self.root.lock(self.scrub.spec.timeout_seconds, self.scrub.clock):
            # Another run may have replaced the file while it was read, and what is wrong once and
            # right the next time is no fault of the disk's content.
            again = self._read(file)
            if again and self.directory.exists():
                self._repair(file, again)
            else:
                path = self.directory.file(file.name)
                self.scrub.say(f"{path} {found}, and is right when read again")

    def _read(self, file: ListedFile) -> str:
        """What is wrong with a file's bytes; empty when nothing is."""
        path = self.directory.file(file.name)
        before = signature_of(path)
        if before is None:
            return "is not there"
        try:
            found = hash_from_disk(path, self.throttle)
        except OSError as error:
            return f"is not readable ({error.strerror})"
        self.state = replace(self.state, read_bytes=self.state.read_bytes + before.size)
        if found != file.sha256:
            return f"has SHA-256 {found}, the list needs {file.sha256}"
        if signature_of(path) == before:
            self.right[file.name] = VerifiedFile(found, before)
        return ""

    def _repair(self, file: ListedFile, found: str) -> None:
        path = self.directory.file(file.name)
        self.scrub.say(f"{path} {found}")
        scrub = self.scrub
        restorer = Restorer(scrub.spec, self.root, self.directory, self.file_list, scrub.clock)
        url = ""
        try:
            url, self.right[file.name] = restorer.restore(file)
            scrub.say(f"{path} is repaired from {url}")
        except WeightsError as error:
            scrub.say(str(error))
        except OSError as error:
            scrub.say(f"{path} is not repaired: {error.filename or path}: {error.strerror}")
        event = Event(self.scrub.clock.utc(), file.name, found, url, self.scrub.by)
        self.state = replace(
            self.state,
            found=self.state.found + 1,
            repaired=self.state.repaired + bool(url),
            wrong=(*self.state.wrong, *(() if url else (file.name,))),
            events=(*self.state.events, event)[-MOST_EVENTS:],
        )
        self._save()
        self._write_record(*([file.name] if url else []))

    def _end(self) -> None:
        """Note the end of a whole pass, in the state and in the record of verified files."""
        now = self.scrub.clock.utc()
        succeeded = now if not self.state.wrong else self.state.succeeded_at
        self.state = replace(self.state, position=0, finished_at=now, succeeded_at=succeeded)
        self._save()
        try:
            with self.root.lock(self.scrub.spec.timeout_seconds, self.scrub.clock):
                self._write_record(*self.right)
        except LockedError as error:
            self.scrub.say(f"{error}; the record of verified files stays as it was")

    def _write_record(self, *names: str) -> None:
        """Take what was found right into the record; the caller holds the root's lock."""
        record = self.directory.record()
        files = dict(record.files) if record else {}
        files.update((name, self.right[name]) for name in names)
        for name in self.state.wrong:
            files.pop(name, None)
        self.directory.write_record(
            Record(
                self.scrub.spec.name,
                self.file_list.digest,
                self.scrub.clock.utc(),
                files,
                verified_by=self.scrub.by,
            )
        )

    def _save(self) -> None:
        self.saved_at = self.scrub.clock.monotonic()
        self.directory.write_scrub_state(self.state)
        self.scrub.saved()


def _in_order(root: WeightsRoot, name: str) -> tuple[str, ...]:
    linked = root.link_target(name)
    return tuple(sorted(root.versions(name), key=lambda version: (version != linked, version)))
