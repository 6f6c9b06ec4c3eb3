# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Labels of nodes: the prefix that is ours, and what Kubernetes takes as a label.

Rules: U(https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

PREFIX = "sglang.baremetal.io/"
"""In front of every label and annotation of this collection."""

RACK_LABEL = f"{PREFIX}rack"
"""Label of a node with the name of its rack; pods of one group meet in one of its values."""

HOST_LABEL = "kubernetes.io/hostname"
"""Label of a node with the name of its host, which the kubelet sets."""

OWNER = {"app.kubernetes.io/managed-by": "baremetal.sglang"}
"""Label of every object of this collection."""

NAME_LIMIT = 63
DOMAIN_LIMIT = 253
RESERVED_DOMAINS = ("kubernetes.io", "k8s.io")
"""Domains, with all below them, that Kubernetes keeps for itself."""

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_RULE = f"at most {NAME_LIMIT} letters, digits and '-_.', with a letter or digit first and last"


def prefix_faults(prefix: str) -> Iterator[str]:
    """Faults of a label prefix, which is a DNS name and a slash."""
    domain = prefix[:-1]
    if not prefix.endswith("/") or not _DOMAIN.fullmatch(domain) or len(domain) > DOMAIN_LIMIT:
        yield (
            f"prefix: found {prefix!r}, needed a DNS name of at most {DOMAIN_LIMIT} characters "
            "and one '/'"
        )
    for reserved in RESERVED_DOMAINS:
        if f".{domain}".endswith(f".{reserved}"):
            yield f"prefix: found {prefix!r}, needed a domain that is not Kubernetes' {reserved}"


def label_name_faults(where: str, name: str) -> Iterator[str]:
    """Faults of a full label name: a DNS name, a slash and the name itself, or this alone."""
    domain, slash, plain = name.rpartition("/")
    if not _is_name(plain) or (
        slash and (not _DOMAIN.fullmatch(domain) or len(domain) > DOMAIN_LIMIT)
    ):
        yield f"{where}: found {name!r}, needed the name of a label such as {RACK_LABEL}"


def label_faults(nodes: Mapping[str, Any]) -> Iterator[str]:
    """Faults of node name -> label name without its prefix -> value."""
    for node, labels in nodes.items():
        if not _DOMAIN.fullmatch(str(node)) or len(str(node)) > DOMAIN_LIMIT:
            yield f"nodes: found {str(node)!r}, needed the name of a node, as DNS names are"
        if not isinstance(labels, Mapping):
            yield f"nodes.{node}: found {labels!r}, needed a mapping of label names to values"
            continue
        for name, value in labels.items():
            yield from _label_faults(f"nodes.{node}.{name}", name, value)


def _label_faults(where: str, name: object, value: object) -> Iterator[str]:
    if not _is_name(name):
        yield f"{where}: found the label name {name!r}, needed {_RULE}"
    yield from label_value_faults(where, value)


def label_value_faults(where: str, value: object) -> Iterator[str]:
    """Faults of a label's value."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        yield f"{where}: found {value!r}, needed a text or a whole number; write it in quotes"
    elif value != "" and not _is_name(str(value)):
        yield f"{where}: found the value {value!r}, needed {_RULE}, or nothing"


def _is_name(text: object) -> bool:
    return isinstance(text, str) and len(text) <= NAME_LIMIT and bool(_NAME.fullmatch(text))
