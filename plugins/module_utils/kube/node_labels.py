# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring the labels under one prefix to what was asked for, on every node of the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ansible_collections.baremetal.sglang.plugins.module_utils.change import (
    Change,
    InputError,
    OperationError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.client import (
    FIELD_MANAGER,
    Cluster,
    ClusterUnreachableError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import Ref
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.waiting import (
    Clock,
    with_patience,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.labels import (
    label_faults,
    prefix_faults,
)

NODES = Ref("v1", "Node", "", None)

Labels = Mapping[str, str]


@dataclass(frozen=True)
class NodeLabelsSpec:
    """All labels under C(prefix) that the cluster shall have: node -> full label name -> value."""

    prefix: str
    nodes: Mapping[str, Labels]

    @classmethod
    def parse(cls, parameters: Mapping[str, Any]) -> NodeLabelsSpec:
        """Build a spec from the parameters of C(node_labels); InputError lists every fault."""
        prefix, nodes = parameters["prefix"], parameters["nodes"]
        faults = [*prefix_faults(prefix), *label_faults(nodes)]
        if faults:
            raise InputError(f"node labels {prefix}", faults)
        return cls(
            prefix,
            {
                node: {f"{prefix}{name}": str(value) for name, value in labels.items()}
                for node, labels in nodes.items()
            },
        )

    @property
    def manager(self) -> str:
        """The field manager. One for each prefix: what is applied replaces all that it owns."""
        return f"{FIELD_MANAGER}/{self.prefix.rstrip('/')}"


@dataclass(frozen=True)
class Relabelling:
    """One node's labels under the prefix, before and after."""

    node: str
    before: Labels
    after: Labels

    def actions(self) -> list[str]:
        """One line for each label that is set or removed."""
        return [
            f"set {name}={self.after[name]} on Node {self.node}"
            if name in self.after
            else f"remove {name} from Node {self.node}"
            for name in sorted({*self.before, *self.after})
            if self.before.get(name) != self.after.get(name)
        ]


def ensure(
    connect: Callable[[], Cluster], spec: NodeLabelsSpec, *, check_mode: bool, clock: Clock
) -> Change:
    """Give every node the labels of C(spec) under its prefix, and no others under it.

    Raises OperationError when the cluster has no node of a name that C(spec) has labels for. In
    check mode such a node, or a cluster that cannot be reached, is shown as not asked.
    """
    try:
        cluster = connect()
        found = with_patience(cluster.list, NODES, clock=clock)
    except ClusterUnreachableError as error:
        if not check_mode:
            raise
        reason = str(error).split(";", maxsplit=1)[0]
        return _change(_wanted(spec, {}), not_asked=dict.fromkeys(spec.nodes, reason))
    stored = {node["metadata"]["name"]: node for node in found}
    unknown = sorted(name for name, labels in spec.nodes.items() if labels and name not in stored)
    if unknown and not check_mode:
        raise _unknown(unknown, sorted(stored))
    relabellings = _wanted(spec, stored)
    for relabelling in relabellings:
        if relabelling.node in stored and relabelling.actions():
            _apply(cluster, spec, relabelling, stored[relabelling.node], check_mode)
    return _change(relabellings, not_asked=dict.fromkeys(unknown, "no such node yet"))


def _wanted(spec: NodeLabelsSpec, stored: Mapping[str, Mapping[str, Any]]) -> list[Relabelling]:
    """What each node has and shall have under the prefix, in order of names."""
    present = {
        name: {
            label: value
            for label, value in node["metadata"].get("labels", {}).items()
            if label.startswith(spec.prefix)
        }
        for name, node in stored.items()
    }
    return [
        Relabelling(name, present.get(name, {}), spec.nodes.get(name, {}))
        for name in sorted({*present, *spec.nodes})
    ]


def _apply(
    cluster: Cluster,
    spec: NodeLabelsSpec,
    relabelling: Relabelling,
    stored: Mapping[str, Any],
    check_mode: bool,
) -> None:
    """Apply what is wanted, then remove what others left under the prefix."""
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        # The uid keeps the server from creating a node that was deleted meanwhile.
        "metadata": {
            "name": relabelling.node,
            "uid": stored["metadata"]["uid"],
            "labels": dict(relabelling.after),
        },
    }
    applied = cluster.apply(node, dry_run=check_mode, manager=spec.manager)
    left = sorted(
        label
        for label in applied["metadata"].get("labels", {})
        if label.startswith(spec.prefix) and label not in relabelling.after
    )
    if left:
        body = {"metadata": {"labels": dict.fromkeys(left)}}
        cluster.merge(Ref.of(node), body, dry_run=check_mode)


def _unknown(unknown: Sequence[str], known: Sequence[str]) -> OperationError:
    return OperationError(
        f"node labels: the cluster has no node {', '.join(unknown)}; its nodes are "
        f"{', '.join(known) or 'none'}; join these hosts first, or correct the names",
        unknown=list(unknown),
    )


def _change(relabellings: Sequence[Relabelling], *, not_asked: Mapping[str, str]) -> Change:
    """The module's outcome, with the same keys in every mode."""
    touched = [relabelling for relabelling in relabellings if relabelling.actions()]
    reasons = {node: f" (not asked: {reason})" for node, reason in not_asked.items()}
    return Change(
        before={relabelling.node: dict(relabelling.before) for relabelling in touched},
        after={relabelling.node: dict(relabelling.after) for relabelling in touched},
        actions=tuple(
            f"{action}{reasons.get(relabelling.node, '')}"
            for relabelling in touched
            for action in relabelling.actions()
        ),
        warnings=tuple(
            f"not asked of the API server: {reason}" for reason in sorted(set(not_asked.values()))
        ),
        result={
            "nodes": {
                relabelling.node: dict(relabelling.after)
                for relabelling in relabellings
                if relabelling.after
            }
        },
    )
