# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a serving group to its state in a cluster, wait for it, and say why when it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.change import (
    Change,
    OperationError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.apply import (
    ObjectChange,
    creations,
    ensure_absent,
    ensure_present,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import (
    Cluster,
    ClusterUnreachableError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.diagnosis import (
    Evidence,
    RankReport,
    held_up,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import Ref
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.pods import (
    PodView,
    observe_pods,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.rank_hosts import (
    wait_until_effective,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.readiness import (
    missing_for_ready,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving import (
    service_name,
    serving_objects,
    shared_objects,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.serving_spec import (
    ServingGroupSpec,
)

POLL_SECONDS = 2.0
"""A crashed pod stays visible for a few seconds before LeaderWorkerSet replaces its group."""


@dataclass(frozen=True)
class Run:
    """How to carry out a request: C(wait_seconds) None does not wait."""

    check_mode: bool
    wait_seconds: Optional[int]
    clock: Clock


class GroupNotReadyError(OperationError):
    """A serving group that is not ready in time, or certainly never will be.

    C(details["ranks"]) has one report for each rank that is not ready, the origin first.
    """


def present(connect: Callable[[], Cluster], spec: ServingGroupSpec, run: Run) -> Change:
    """Apply the group's objects and wait until every rank is ready.

    Ranks that wait out the kubelet's pause after a failure are restarted: whoever runs this again
    has mended what failed. In check mode the API server is asked by dry run; where there is none,
    the objects are shown as creations that were not asked about.
    """
    objects, shared = serving_objects(spec), shared_objects(spec)
    try:
        cluster = connect()
        changes = ensure_present(cluster, shared, check_mode=run.check_mode, clock=run.clock)
        if shared and not run.check_mode:
            wait_until_effective(cluster, objects[0], spec.ranks[1].host, clock=run.clock)
        changes += ensure_present(cluster, objects, check_mode=run.check_mode, clock=run.clock)
    except ClusterUnreachableError as error:
        if not run.check_mode:
            raise
        reason = str(error).split(";", maxsplit=1)[0]
        return _change(spec.namespace, spec.name, creations([*shared, *objects], reason), pods=[])
    pods = observe_pods(cluster, namespace=spec.namespace, group=spec.name)
    held = {report.pod.group: report for report in reversed(held_up(pods))}
    restarts = _restart(cluster, spec, held, dry_run=run.check_mode)
    if not run.check_mode and run.wait_seconds is not None:
        evidence = Evidence(frozenset(pod.uid for pod in pods if pod.group in held))
        pods = wait_until_ready(
            cluster, objects[0], evidence, seconds=run.wait_seconds, clock=run.clock
        )
    return _change(spec.namespace, spec.name, changes, restarts=restarts, pods=pods)


def _restart(
    cluster: Cluster, spec: ServingGroupSpec, held: Mapping[int, RankReport], *, dry_run: bool
) -> tuple[str, ...]:
    """Delete the leaders of groups that are held up; LeaderWorkerSet makes these groups anew."""
    for group in sorted(held):
        leader = Ref("v1", "Pod", spec.namespace, f"{spec.name}-{group}")
        cluster.delete(leader, dry_run=dry_run)
    return tuple(
        f"restart group {group}: rank {report.pod.rank} was held up: {report.cause}"
        for group, report in sorted(held.items())
    )


def absent(connect: Callable[[], Cluster], namespace: str, name: str, run: Run) -> Change:
    """Delete the group's objects and wait until its pods are gone."""
    refs = [
        Ref("v1", "Service", namespace, service_name(name)),
        Ref("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", namespace, name),
    ]
    try:
        cluster = connect()
        changes = ensure_absent(cluster, refs, check_mode=run.check_mode)
    except ClusterUnreachableError:
        if not run.check_mode:
            raise
        return _change(namespace, name, [], pods=[])
    if run.check_mode or run.wait_seconds is None:
        pods = observe_pods(cluster, namespace=namespace, group=name)
    else:
        pods = _wait_until_gone(cluster, refs[1], seconds=run.wait_seconds, clock=run.clock)
    return _change(namespace, name, changes, pods=pods)


def wait_until_ready(
    cluster: Cluster,
    group: Mapping[str, Any],
    evidence: Evidence,
    *,
    seconds: int,
    clock: Clock,
) -> list[PodView]:
    """Wait for a LeaderWorkerSet that was applied and return its pods.

    Raises GroupNotReadyError after C(seconds), or as soon as a cause is certain.
    """
    ref, begin = Ref.of(group), clock.now()
    while True:
        pods, lacks = _observe(cluster, ref)
        if not lacks:
            return pods
        evidence.add(pods, now=clock.now())
        waited = clock.now() - begin
        certain = evidence.certain()
        if certain is not None or waited >= seconds:
            raise _not_ready(ref, lacks, evidence, waited=waited, early=certain is not None)
        clock.sleep(POLL_SECONDS)


def _observe(cluster: Cluster, ref: Ref) -> tuple[list[PodView], str]:
    """The group's pods and what it lacks; an API server that is away for a while is a lack too."""
    try:
        pods = observe_pods(cluster, namespace=ref.namespace, group=str(ref.name))
        found = cluster.get(ref)
    except ClusterUnreachableError as error:
        return [], str(error)
    return pods, missing_for_ready(found) if found else "it was deleted while waiting"


def _not_ready(
    ref: Ref, lacks: str, evidence: Evidence, *, waited: float, early: bool
) -> GroupNotReadyError:
    reports = evidence.reports()
    when = (
        f"will not become ready (seen after {waited:.0f} s)"
        if early
        else (f"is not ready after {waited:.0f} s")
    )
    told = [report.sentence() for report in reports] or [
        "it has no pods; see LeaderWorkerSet's controller"
    ]
    last = reports[0].values()["last_lines"][-3:] if reports else []
    tail = f". Last lines of rank {reports[0].pod.rank}: {' | '.join(last)}" if last else ""
    return GroupNotReadyError(
        f"serving group {ref.namespace}/{ref.name} {when}: {lacks}. {'. '.join(told)}{tail}",
        ranks=[report.values() for report in reports],
    )


def _wait_until_gone(cluster: Cluster, ref: Ref, *, seconds: int, clock: Clock) -> list[PodView]:
    begin = clock.now()
    while True:
        pods = observe_pods(cluster, namespace=ref.namespace, group=str(ref.name))
        if not pods and cluster.get(ref) is None:
            return pods
        if clock.now() - begin >= seconds:
            left = ", ".join(f"{pod.name} on {pod.node}" for pod in pods) or str(ref)
            raise OperationError(
                f"serving group {ref.namespace}/{ref.name} is not gone after {seconds} s: {left} "
                "still there; a pod on a node that is down stays until the node is back or removed"
            )
        clock.sleep(POLL_SECONDS)


def _change(
    namespace: str,
    name: str,
    changes: Sequence[ObjectChange],
    *,
    pods: Sequence[PodView],
    restarts: tuple[str, ...] = (),
) -> Change:
    """The module's outcome, with the same keys in every mode."""
    touched = [change for change in changes if change.action]
    before = {str(change.ref): change.before for change in changes if change.before}
    after = {str(change.ref): change.after for change in changes if change.after}
    not_asked = sorted({change.not_asked for change in changes if change.not_asked})
    return Change(
        before=before,
        after=after,
        actions=(*(str(change.action) for change in touched), *restarts),
        warnings=tuple(f"not asked of the API server: {reason}" for reason in not_asked),
        result={
            "group": {
                "name": name,
                "namespace": namespace,
                "state": "present" if after else "absent",
                "ready": bool(pods) and all(pod.ready for pod in pods),
                "pods": [pod.summary() for pod in pods],
                "endpoint": _endpoint(changes),
            }
        },
    )


def _endpoint(changes: Sequence[ObjectChange]) -> dict[str, Any]:
    """Where the leaders answer inside the cluster, and on which port of every node."""
    for change in changes:
        if change.ref.kind == "Service" and change.after:
            port = change.after["spec"]["ports"][0]
            host = f"{change.ref.name}.{change.ref.namespace}.svc"
            return {
                "host": host,
                "port": port["port"],
                "node_port": port.get("nodePort"),
            }
    return {"host": "", "port": None, "node_port": None}
