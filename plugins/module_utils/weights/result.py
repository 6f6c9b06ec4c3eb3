# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What model_weights reports: the same keys in check mode, after a run and after a removal."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    UnreachableError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.progress import Progress
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import WeightsRoot
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    moving_revision,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.staging_plan import (
    StagingPlan,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import owned_staging


def weights_result(spec: WeightsSpec, root: WeightsRoot, **values: Any) -> dict[str, Any]:
    """The ``weights`` key with every field; ``values`` replace those that say "nothing there"."""
    return {
        "name": spec.name,
        "digest": "",
        "path": "",
        "link": root.link(spec.name),
        "files": 0,
        "bytes": 0,
        "verified": False,
        "to_fetch_files": 0,
        "to_fetch_bytes": 0,
        "largest_bytes": 0,
        "fetched_bytes": 0,
        "left_bytes": 0,
        "mismatches": [],
        "pulls": [],
        "resumed_bytes": 0,
        "retries": 0,
        "seconds": 0.0,
        "bytes_per_second": 0,
        "other_versions": [],
        "other_staging": [],
        **values,
    }


def planned(spec: WeightsSpec, root: WeightsRoot, plan: StagingPlan) -> Change:
    """What a run would do, before it does it."""
    version = os.path.basename(plan.version.path)
    versions = root.versions(spec.name)
    target = root.link_target(spec.name)
    repaired = {copy.file.name: copy.file.sha256 for copy in plan.repairs}
    wrong = {copy.file.name: copy.published.value for copy in plan.repairs}
    weights = weights_result(
        spec,
        root,
        digest=plan.file_list.digest,
        path=plan.version.path,
        files=len(plan.file_list.files),
        bytes=plan.total_bytes,
        verified=not plan.repairs,
        to_fetch_files=len(plan.fetches),
        to_fetch_bytes=sum(fetch.remaining_bytes for fetch in plan.fetches),
        largest_bytes=max((fetch.size for fetch in plan.fetches), default=0),
        resumed_bytes=plan.resumed_bytes,
        other_versions=[entry for entry in versions if entry != version],
        other_staging=[
            entry
            for entry in owned_staging(root, spec.name)
            if entry != plan.file_list.short_digest
        ],
    )
    return Change(
        before=_side(target, versions, wrong),
        after=_side(version, sorted({*versions, version}), repaired),
        actions=tuple(_actions(spec, plan, version, target)),
        result={"weights": weights},
        warnings=tuple(_warnings(spec, plan)),
    )


def _side(target: str, versions: Any, files: Mapping[str, str]) -> dict[str, Any]:
    if not target and not versions:
        return {}
    return {"link": target, "versions": list(versions), "files": dict(files)}


def _actions(spec: WeightsSpec, plan: StagingPlan, version: str, target: str) -> Iterator[str]:
    if plan.fetches:
        count = sum(fetch.remaining_bytes for fetch in plan.fetches)
        yield f"fetch {len(plan.fetches)} files ({count} bytes) from {spec.source}"
    if plan.is_new:
        yield f"publish {version}"
    else:
        yield from (f"repair {copy.file.name} in {version}" for copy in plan.repairs)
        if plan.list_differs:
            yield f"repair the list in {version}"
    if target != version:
        yield f"link {spec.name} to {version}"


def _warnings(spec: WeightsSpec, plan: StagingPlan) -> Iterator[str]:
    revision = moving_revision(spec.source)
    if revision and not spec.digest:
        yield (
            f"{spec.source}: {revision!r} is a branch or a tag, so another run may bring other "
            "files; name a commit (40 hex digits), or set the digest, which is now "
            f"{plan.file_list.digest}"
        )


def not_asked(spec: WeightsSpec, root: WeightsRoot, error: UnreachableError) -> Change:
    """Check mode against a source that does not answer (yet)."""
    return Change(
        before=_side(root.link_target(spec.name), root.versions(spec.name), {}),
        after={"link": "not asked", "versions": "not asked", "files": "not asked"},
        actions=(f"fetch {spec.name} from {spec.source} (files and bytes not asked)",),
        result={"weights": weights_result(spec, root, digest=spec.digest)},
        warnings=(f"check mode could not ask the source: {error}",),
    )


def applied(change: Change, progress: Progress, seconds: float) -> Change:
    """The planned change with the run's own figures."""
    return _with_figures(change, progress, seconds, verified=True)


def left(
    change: Change,
    plan: StagingPlan,
    landed: frozenset[str],
    progress: Progress,
    seconds: float,
) -> Change:
    """The change of a run that ended before all ``landed``: nothing is published."""
    missing = [fetch for fetch in plan.fetches if fetch.file.name not in landed]
    count = sum(fetch.remaining_bytes for fetch in missing)
    landing = dataclasses.replace(
        change,
        after=change.before,
        actions=(*change.actions[:1], f"leave {len(missing)} files ({count} bytes)"),
    )
    return _with_figures(landing, progress, seconds, verified=False, left_bytes=count)


def _with_figures(change: Change, progress: Progress, seconds: float, **values: Any) -> Change:
    weights = {
        **change.result["weights"],
        **values,
        "mismatches": [dataclasses.asdict(each) for each in progress.mismatches],
        "pulls": [dataclasses.asdict(each) for each in progress.pulls],
        "fetched_bytes": progress.fetched_bytes,
        "retries": progress.retries,
        "seconds": round(seconds, 3),
        "bytes_per_second": round(progress.fetched_bytes / seconds) if seconds else 0,
    }
    return dataclasses.replace(change, result={"weights": weights})
