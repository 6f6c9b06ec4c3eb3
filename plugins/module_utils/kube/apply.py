# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a list of objects to what was asked, or away, and say what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import (
    ApiError,
    ApiMissingError,
    Cluster,
    NamespaceMissingError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import (
    Ref,
    as_written,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import (
    Clock,
    with_patience,
)


@dataclass(frozen=True)
class ObjectChange:
    """One object before and after, as written (empty: absent).

    C(not_asked) is why the API server could not be asked in check mode, else empty.
    """

    ref: Ref
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    not_asked: str = ""

    @property
    def action(self) -> Optional[str]:
        """One line for the module's C(actions); None when nothing changed."""
        if self.before == self.after:
            return None
        verb = "update" if self.before and self.after else "create" if self.after else "delete"
        return f"{verb} {self.ref}" + (f" (not asked: {self.not_asked})" if self.not_asked else "")


def ensure_present(
    cluster: Cluster, objects: Sequence[Mapping[str, Any]], *, check_mode: bool, clock: Clock
) -> list[ObjectChange]:
    """Apply each object in order; in check mode by a dry run on the server.

    In check mode an object whose kind or namespace does not exist yet is shown as a creation that
    the server was not asked about.
    """
    return [_ensure(cluster, obj, check_mode, clock) for obj in objects]


def creations(objects: Sequence[Mapping[str, Any]], reason: str) -> list[ObjectChange]:
    """What check mode shows when no API server can be asked."""
    return [ObjectChange(Ref.of(obj), {}, as_written(obj), not_asked=reason) for obj in objects]


def _ensure(
    cluster: Cluster, obj: Mapping[str, Any], check_mode: bool, clock: Clock
) -> ObjectChange:
    ref = Ref.of(obj)
    before = as_written(with_patience(cluster.get, ref, clock=clock))
    try:
        after = with_patience(cluster.apply, obj, dry_run=check_mode, clock=clock)
    except (ApiMissingError, NamespaceMissingError) as error:
        if not check_mode:
            raise
        return creations([obj], error.message.split(";")[0])[0]
    except ApiError as error:
        raise _explained(error, ref) from error
    return ObjectChange(ref, before, as_written(after))


def _explained(error: ApiError, ref: Ref) -> OperationError:
    """Add the fix to refusals that have one."""
    if "port is already allocated" in error.message:
        return OperationError(
            f"{error}; another Service holds this node port: find it with 'kubectl get service "
            "--all-namespaces', then free it or choose another node_port",
            cause="port taken",
            object=str(ref),
        )
    return error


def ensure_absent(cluster: Cluster, refs: Sequence[Ref], *, check_mode: bool) -> list[ObjectChange]:
    """Delete each object that exists, in order; what they own follows in the background."""
    changes = []
    for ref in refs:
        before = cluster.get(ref)
        if before is not None:
            cluster.delete(ref, dry_run=check_mode)
        changes.append(ObjectChange(ref, as_written(before), {}))
    return changes
