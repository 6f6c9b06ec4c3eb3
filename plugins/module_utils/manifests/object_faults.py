# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults of what several objects have: a namespace, an image, a port on the nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator

FLOATING_TAGS = frozenset({"latest", "stable", "main", "master", "nightly", "dev", "edge"})

DNS_1123 = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_IMAGE = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._/-]*(:[0-9]+/[a-z0-9._/-]+)?)"
    r"(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def namespace_faults(namespace: str) -> Iterator[str]:
    """Faults of the name of a namespace."""
    if not DNS_1123.fullmatch(namespace) or "." in namespace or len(namespace) > 63:
        yield f"namespace: found {namespace!r}, needed the name of a Kubernetes namespace"


def node_port_faults(node_port: int) -> Iterator[str]:
    """Faults of a Service's port on the nodes; the range is kube-apiserver's default."""
    if node_port and not 30000 <= node_port <= 32767:
        yield f"node_port: found {node_port}, needed 0 (none) or 30000 to 32767"


def image_faults(image: str) -> Iterator[str]:
    """Faults of an image reference: it must name one version."""
    parts = _IMAGE.fullmatch(image)
    if parts is None:
        yield f"image: {image!r} is not an image reference (registry/name:tag or name@sha256:...)"
    elif parts["digest"] is None and (parts["tag"] or "latest").lower() in FLOATING_TAGS:
        yield (
            f"image: found {image!r} with the floating tag {(parts['tag'] or 'latest')!r}, needed "
            f"a fixed version tag or a digest; name the version you tested"
        )
