# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take a model's weights off the node: all of it, or one version that the link does not name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    SHORT_DIGEST,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.result import weights_result
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    bytes_below,
    remove_tree,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import owned_staging


@dataclass(frozen=True)
class _Removal:
    """What goes: the link's target (empty: it stays), versions and staging with their bytes."""

    link: str
    versions: Mapping[str, int]
    staging: Mapping[str, int]


def ensure_absent(spec: WeightsSpec, *, check_mode: bool, clock: Clock) -> Change:
    """Nothing of the model, or of the version with ``spec.digest``, is left; the root stays.

    Raises WeightsError when the link's path holds something else or names that version,
    LockedError when another run holds the root.
    """
    root = WeightsRoot(spec.destination)
    removal = _removal(spec, root)
    if not check_mode and _actions(spec, removal):
        with root.lock(spec.timeout_seconds, clock):
            removal = _removal(spec, root)
            _remove(spec, root, removal)
    return _change(spec, root, removal)


def _removal(spec: WeightsSpec, root: WeightsRoot) -> _Removal:
    link, versions = root.link_target(spec.name), root.versions(spec.name)
    staging = owned_staging(root, spec.name)
    if spec.digest:
        short = spec.digest[:SHORT_DIGEST]
        version = f"{spec.name}@{short}"
        if link == version:
            raise WeightsError(
                f"{root.version(spec.name, short)} is the version that {root.link(spec.name)} "
                "names; link another one first (state present with its digest), or leave the "
                "digest out to remove the whole model"
            )
        link = ""
        versions = tuple(entry for entry in versions if entry == version)
        staging = tuple(entry for entry in staging if entry == short)
    return _Removal(
        link,
        {entry: bytes_below(os.path.join(root.path, entry)) for entry in versions},
        {entry: bytes_below(root.staging(entry)) for entry in staging},
    )


def _remove(spec: WeightsSpec, root: WeightsRoot, removal: _Removal) -> None:
    # The link goes first: from then on no new pod finds the model.
    if removal.link:
        os.unlink(root.link(spec.name))
    for version in removal.versions:
        remove_tree(os.path.join(root.path, version))
    for entry in removal.staging:
        remove_tree(root.staging(entry))


def _actions(spec: WeightsSpec, removal: _Removal) -> tuple[str, ...]:
    return (
        *([f"remove the link {spec.name}"] if removal.link else []),
        *(f"remove {name} ({count} bytes)" for name, count in removal.versions.items()),
        *(f"remove .staging/{name} ({count} bytes)" for name, count in removal.staging.items()),
    )


def _change(spec: WeightsSpec, root: WeightsRoot, removal: _Removal) -> Change:
    actions = _actions(spec, removal)
    before = {
        "link": removal.link,
        "versions": dict(removal.versions),
        "staging": dict(removal.staging),
    }
    return Change(
        before=before if actions else {},
        after={},
        actions=actions,
        result={"weights": weights_result(spec, root)},
    )
