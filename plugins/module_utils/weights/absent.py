# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take a model's weights off the node: its link, every version, and what lies in staging."""

from __future__ import annotations

import os

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.result import weights_result
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    remove_tree,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import WeightsSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import owned_staging


def ensure_absent(spec: WeightsSpec, *, check_mode: bool, clock: Clock) -> Change:
    """Nothing of the model is left below the weights root; the root itself stays.

    Raises WeightsError when the link's path holds something else, LockedError when another run
    holds the root.
    """
    root = WeightsRoot(spec.destination)
    change = _planned(spec, root)
    if check_mode or not change.changed:
        return change
    with root.lock(spec.timeout_seconds, clock):
        change = _planned(spec, root)
        # The link goes first: from then on no new pod finds the model.
        if root.link_target(spec.name):
            os.unlink(root.link(spec.name))
        for path in (*_version_paths(spec, root), *_staging_paths(spec, root)):
            remove_tree(path)
    return change


def _planned(spec: WeightsSpec, root: WeightsRoot) -> Change:
    target = root.link_target(spec.name)
    staging = [os.path.basename(path) for path in _staging_paths(spec, root)]
    versions = list(root.versions(spec.name))
    actions = [f"remove the link {spec.name}"] if target else []
    actions += [f"remove {version}" for version in versions]
    actions += [f"remove .staging/{entry}" for entry in staging]
    before = {"link": target, "versions": versions, "staging": staging} if actions else {}
    return Change(
        before=before,
        after={},
        actions=tuple(actions),
        result={"weights": weights_result(spec, root)},
    )


def _version_paths(spec: WeightsSpec, root: WeightsRoot) -> list[str]:
    return [os.path.join(root.path, version) for version in root.versions(spec.name)]


def _staging_paths(spec: WeightsSpec, root: WeightsRoot) -> list[str]:
    return [root.staging(entry) for entry in owned_staging(root, spec.name)]
