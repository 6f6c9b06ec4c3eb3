# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a model's weights to the node: land, verify, publish by one rename, link."""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.weights import result
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.base import (
    TransferAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.relay import (
    CHAIN_PATH,
    STORED_PATH,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.arrival import (
    Arrive,
    PatientAdapter,
    RelayStore,
    nothing_arrives,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.content import (
    content_check,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import first_share
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    UnreachableError,
    WeightsError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.landing import Landing
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.progress import (
    PROGRESS_NAME,
    Progress,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    VerifiedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.recorder import Recorder
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock, Retry
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    directories_below,
    make_directories,
    remove_tree,
    signature_of,
    sync_directory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source import (
    Source,
    open_adapter,
    open_feeds,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.staging_plan import (
    StagingPlan,
    make_plan,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (
    remove_unlisted,
)


def ensure_present(spec: WeightsSpec, *, check_mode: bool, clock: Clock) -> Change:
    """The model is published, linked and every byte of it verified.

    Unless the spec ends the run before: then what has landed stays in staging, as it does when
    WeightsError is raised. Raises InputError before the first change. In check mode a source that
    does not answer is a warning: the mirror may be a step of the same check.
    """
    root = WeightsRoot(spec.destination)
    retry = Retry(0 if check_mode else spec.retries, clock)
    adapter = open_adapter(spec.source, spec.credentials)
    source = Source(adapter, retry=retry, parallel=spec.parallel)
    root.link_target(spec.name)
    if check_mode:
        try:
            return result.planned(spec, root, make_plan(spec, root, source))
        except UnreachableError as error:
            return result.not_asked(spec, root, error)
    if not os.path.isdir(root.path):
        make_plan(spec, root, source)
    with root.lock(spec.timeout_seconds, clock):
        plan = make_plan(spec, root, source)
        return _Run(spec, root, source, plan, clock).apply()


@dataclass(frozen=True)
class _Run:
    spec: WeightsSpec
    root: WeightsRoot
    source: Source
    plan: StagingPlan
    clock: Clock

    def apply(self) -> Change:
        """Do what the plan says and report it."""
        started = self.clock.monotonic()
        change = result.planned(self.spec, self.root, self.plan)
        progress = Progress(
            os.path.join(self.root.path, PROGRESS_NAME),
            total_bytes=sum(fetch.remaining_bytes for fetch in self.plan.fetches),
            clock=self.clock,
        )
        try:
            if self.plan.repairs:
                landed = self._land(progress, started)
                if not landed.issuperset(copy.file.name for copy in self.plan.repairs):
                    return result.left(change, self.plan, landed, progress, self._since(started))
                self._publish()
            elif self.plan.list_differs or self.plan.published.hashed_bytes:
                self._refresh()
        finally:
            progress.close()
        if self.root.link_target(self.spec.name) != os.path.basename(self.plan.version.path):
            self.root.set_link(self.spec.name, self.plan.version.path)
        return result.applied(change, progress, self._since(started))

    def _since(self, started: float) -> float:
        return self.clock.monotonic() - started

    def _land(self, progress: Progress, started: float) -> frozenset[str]:
        """Names of the files that lie verified in staging after it."""
        staging = self.plan.staging
        make_directories(staging.path)
        staging.write_list(self.plan.file_list)
        recorder = Recorder(self.spec, self.plan.file_list.digest, self.clock)
        recorder.files.update(self.plan.staged.verified)
        recorder.write(staging)
        timeout = self.spec.timeout_seconds
        adapter = self._feeds(STORED_PATH if self.spec.stored_only else CHAIN_PATH)
        arrive: Arrive = nothing_arrives
        if self.spec.relayed:
            store = RelayStore(self.root.relay_store(self.plan.file_list.short_digest), self.clock)
            adapter, arrive = PatientAdapter(adapter, store), store.arrive
        landing = Landing(
            staging=staging,
            adapter=adapter,
            repair_adapter=self._feeds(STORED_PATH),
            retry=Retry(self.spec.retries, self.clock, patience_seconds=timeout),
            timeout_seconds=timeout,
            progress=progress,
            check_content=content_check(self.spec, self.plan.index, adapter),
            landed=lambda name, file: recorder.add(staging, name, file),
            arrive=arrive,
            ends_at=started + self.spec.run_seconds if self.spec.run_seconds else math.inf,
        )
        share = first_share(self.plan.fetches, self.spec.share_bytes)
        try:
            landing.land(share, self.spec.parallel)
        except WeightsError:
            # The record saves reading; where it cannot be written the other error says more.
            with contextlib.suppress(OSError):
                recorder.write(staging)
            raise
        recorder.write(staging)
        return frozenset(recorder.files)

    def _feeds(self, path: str) -> TransferAdapter:
        return open_feeds(self.spec.feeds, path, self.spec.feed_token, self.source.adapter)

    def _publish(self) -> None:
        if self.plan.is_new:
            remove_unlisted(self.plan.staging, self.plan.file_list.files)
            for parent in directories_below(self.plan.staging.path):
                sync_directory(parent)
            os.rename(self.plan.staging.path, self.plan.version.path)
            sync_directory(self.root.path)
        else:
            self._repair()

    def _repair(self) -> None:
        """Replace each wrong or missing file in one step; readers keep the file they opened."""
        version, staging = self.plan.version, self.plan.staging
        for copy in self.plan.repairs:
            target = version.file(copy.file.name)
            make_directories(os.path.dirname(target))
            os.replace(staging.file(copy.file.name), target)
            sync_directory(os.path.dirname(target))
        self._refresh()
        remove_tree(staging.path)

    def _refresh(self) -> None:
        version = self.plan.version
        recorder = Recorder(self.spec, self.plan.file_list.digest, self.clock)
        recorder.files.update(self.plan.published.verified)
        for copy in self.plan.repairs:
            signature = signature_of(version.file(copy.file.name))
            if signature is not None:
                recorder.files[copy.file.name] = VerifiedFile(copy.file.sha256, signature)
        if self.plan.list_differs:
            version.write_list(self.plan.file_list)
        recorder.write(version)
