# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find out what one run has to do, and refuse what cannot end well, before anything is changed."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import (
    Copies,
    Fetch,
    Standing,
    check_space,
    order_fetches,
    pin_faults,
    to_fetch,
    to_repair,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    LIST_NAME,
    PARTIAL_SUFFIX,
    SHORT_DIGEST,
    FileList,
    ListedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import WeightsRoot
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.safetensors import (
    INDEX_NAME,
    NO_INDEX,
    Index,
    missing_shards,
    parse_index,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source import Source
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.tree import refuse_links
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    Survey,
    VersionDirectory,
    survey,
)


@dataclass(frozen=True)
class StagingPlan:
    """What is on the node and what has to happen; all sizes in bytes."""

    file_list: FileList
    version: VersionDirectory
    staging: VersionDirectory
    published: Survey
    staged: Survey
    copies: tuple[Copies, ...]
    fetches: tuple[Fetch, ...]
    index: Index
    is_new: bool
    list_differs: bool

    @property
    def repairs(self) -> tuple[Copies, ...]:
        """Files that have to come into the published version."""
        return to_repair(self.copies)

    @property
    def resumed_bytes(self) -> int:
        """Bytes that an earlier run left in staging and this one starts from."""
        whole = sum(
            self.staged.verified[copy.file.name].signature.size
            for copy in self.repairs
            if copy.staged is Standing.VERIFIED
        )
        return whole + sum(fetch.partial_bytes for fetch in self.fetches)

    @property
    def total_bytes(self) -> int:
        """Bytes of the whole model."""
        sizes = {name: file.signature.size for name, file in self.staged.verified.items()}
        sizes.update({name: file.signature.size for name, file in self.published.verified.items()})
        sizes.update({fetch.file.name: fetch.size for fetch in self.fetches})
        return sum(sizes.values())


def make_plan(spec: WeightsSpec, root: WeightsRoot, source: Source) -> StagingPlan:
    """Survey the node and ask the source only for what the node lacks.

    Raises InputError, SourceError, SpaceError, or WeightsError for a link where a directory is
    needed; changes nothing.
    """
    file_list = _wanted_list(spec, root, source)
    version = VersionDirectory(root.version(spec.name, file_list.short_digest))
    staging = VersionDirectory(root.staging(file_list.short_digest))
    refuse_links(os.path.dirname(staging.path), ())
    for directory in (version, staging):
        refuse_links(directory.path, (file.name for file in file_list.files))
    published = survey(version, file_list.files, read=True, trust=not spec.verify)
    staged = survey(staging, file_list.files, read=True)
    copies = _copies(file_list, staging, published, staged)
    wanted = to_fetch(copies)
    index = NO_INDEX
    fetches: tuple[Fetch, ...] = ()
    if wanted:
        index = _checked_index(spec, file_list, source)
        fetches = order_fetches(copies, source.sizes(file.name for file in wanted))
    plan = StagingPlan(
        file_list=file_list,
        version=version,
        staging=staging,
        published=published,
        staged=staged,
        copies=copies,
        fetches=fetches,
        index=index,
        is_new=not version.exists(),
        list_differs=version.list_digest() != file_list.digest,
    )
    _check_space(plan, root)
    return plan


def _wanted_list(spec: WeightsSpec, root: WeightsRoot, source: Source) -> FileList:
    """The list kept on the node when it is the pinned one, otherwise the source's."""
    if spec.digest:
        kept = VersionDirectory(root.version(spec.name, spec.digest[:SHORT_DIGEST])).file_list()
        if kept is not None and kept.digest == spec.digest:
            return kept
    file_list = source.file_list()
    faults = pin_faults(spec.digest, file_list.digest)
    if faults:
        raise InputError(f"{source.adapter.url(LIST_NAME)} is refused", faults)
    return file_list


def _copies(
    file_list: FileList, staging: VersionDirectory, published: Survey, staged: Survey
) -> tuple[Copies, ...]:
    return tuple(
        Copies(
            file,
            published.standings[file.name],
            staged.standings[file.name],
            staging.size(file.name + PARTIAL_SUFFIX),
        )
        for file in file_list.files
    )


def _checked_index(spec: WeightsSpec, file_list: FileList, source: Source) -> Index:
    sha256 = file_list.sha256_of(INDEX_NAME)
    if "index" not in spec.checks or not sha256:
        return NO_INDEX
    url = source.adapter.url(INDEX_NAME)
    index = parse_index(source.read_verified(ListedFile(INDEX_NAME, sha256)), url)
    faults = missing_shards(index, frozenset(file.name for file in file_list.files))
    if faults:
        raise InputError(f"{source.adapter.url(LIST_NAME)} is refused", list(faults))
    return index


def _check_space(plan: StagingPlan, root: WeightsRoot) -> None:
    published = sum(file.signature.size for file in plan.published.verified.values())
    check_space(
        root.path,
        plan.fetches,
        free=root.free_bytes(),
        there=published + plan.resumed_bytes,
        block=root.block_bytes(),
    )
