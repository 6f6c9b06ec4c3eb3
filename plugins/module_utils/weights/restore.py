# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring one file of a published version back to what its list says; nothing else is touched."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import (
    Fetch,
    check_space,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    LIST_NAME,
    PARTIAL_SUFFIX,
    FileList,
    ListedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.landing import Landing
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.progress import (
    PROGRESS_NAME,
    Progress,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Record,
    Signature,
    VerifiedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock, Retry
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    make_directories,
    remove_tree,
    sync_directory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_spec import ScrubSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source import (
    Source,
    open_adapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.tree import refuse_links
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    VersionDirectory,
)

# Beside the staging of a run, which another run may go on with.
_STAGING_SUFFIX = ".scrub"


@dataclass(frozen=True)
class Restorer:
    """Restores files of one version; the caller holds the root's lock."""

    spec: ScrubSpec
    root: WeightsRoot
    version: VersionDirectory
    file_list: FileList
    clock: Clock

    def restore(self, file: ListedFile) -> tuple[str, VerifiedFile]:
        """Replace a file in one step; returns the URL that gave it, and what was verified.

        Every source is asked in turn. Raises WeightsError with what each of them gave; what was
        wrong stays as it is then.
        """
        faults = []
        for url in self.spec.sources:
            try:
                return self._restore_from(url, file)
            except WeightsError as error:
                faults.append(str(error))
        remove_tree(self._staging.path)
        raise WeightsError(
            f"{self.version.file(file.name)} is not repaired: "
            f"{'; '.join(faults) or 'no source is configured'}",
            faults=faults,
        )

    @property
    def _staging(self) -> VersionDirectory:
        short = self.file_list.short_digest
        return VersionDirectory(self.root.staging(short + _STAGING_SUFFIX))

    def _restore_from(self, url: str, file: ListedFile) -> tuple[str, VerifiedFile]:
        retry = Retry(self.spec.retries, self.clock)
        source = Source(open_adapter(url), retry=retry, parallel=1)
        size = source.sizes([file.name])[file.name]
        staging = self._staging
        partial = staging.size(file.name + PARTIAL_SUFFIX)
        fetch = Fetch(file, size, partial if partial <= size else 0)
        check_space(
            self.root.path,
            [fetch],
            free=self.root.free_bytes(),
            there=fetch.partial_bytes,
            block=self.root.block_bytes(),
        )
        self._claim(staging)
        self._land(source, retry, fetch)
        return source.adapter.url(file.name), self._put_in_place(file)

    def _claim(self, staging: VersionDirectory) -> None:
        """Say whose staging it is: what a kill leaves then goes with its model."""
        make_directories(staging.path)
        refuse_links(staging.path, ())
        staging.write_record(Record(self.spec.name, self.file_list.digest, "", {}))

    def _land(self, source: Source, retry: Retry, fetch: Fetch) -> None:
        progress = Progress(
            os.path.join(self.root.path, PROGRESS_NAME),
            total_bytes=fetch.remaining_bytes,
            clock=self.clock,
        )
        landing = Landing(
            staging=self._staging,
            adapter=source.adapter,
            repair_adapter=source.adapter,
            retry=retry,
            timeout_seconds=self.spec.timeout_seconds,
            progress=progress,
            # The version was checked when it came; its digests now say that the file is the same.
            check_content=lambda _path, _name: None,
            landed=lambda _name, _file: None,
        )
        try:
            landing.land((fetch,), 1)
        finally:
            progress.close()

    def _put_in_place(self, file: ListedFile) -> VerifiedFile:
        target = self.version.file(file.name)
        refuse_links(self.version.path, [file.name])
        make_directories(os.path.dirname(target))
        os.replace(self._staging.file(file.name), target)
        # After the rename, which changes the file's ctime.
        signature = Signature.of(os.lstat(target))
        sync_directory(os.path.dirname(target))
        remove_tree(self._staging.path)
        return VerifiedFile(file.sha256, signature)


def restore_list(
    spec: ScrubSpec, directory: VersionDirectory, clock: Clock
) -> tuple[FileList, str]:
    """Write a version's list again; returns it, and the URL of the first source that has it.

    The caller holds the root's lock. The directory's name says the list's digest. Raises
    WeightsError with what each source gave.
    """
    faults = []
    for url in spec.sources:
        source = Source(open_adapter(url), retry=Retry(spec.retries, clock), parallel=1)
        try:
            file_list = source.file_list()
        except OperationError as error:
            faults.append(str(error))
            continue
        if directory.path.endswith(f"@{file_list.short_digest}"):
            directory.write_list(file_list)
            return file_list, source.adapter.url(LIST_NAME)
        faults.append(f"{source.adapter.url(LIST_NAME)} is of version {file_list.short_digest}")
    raise WeightsError(
        f"{directory.file(LIST_NAME)} is not repaired, so nothing says which bytes are right: "
        f"{'; '.join(faults) or 'no source is configured'}",
        faults=faults,
    )
