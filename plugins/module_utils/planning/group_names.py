# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of engine groups, made from the model's name."""

from __future__ import annotations

import re

# Characters that a group's name may have (manifests/serving_spec.py, NAME_LIMIT) less room for
# "-prefill" and a number.
LIMIT = 30


def base_name(model: str) -> str:
    """A name that Kubernetes takes for an object: lower-case letters, digits and "-"."""
    label = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")
    return (label if label[:1].isalpha() else f"m-{label}")[:LIMIT].strip("-")


def unified_names(model: str, count: int) -> tuple[str, ...]:
    """Names of equal groups; a number follows where there are several."""
    name = base_name(model)
    return (name,) if count == 1 else tuple(f"{name}-{number}" for number in range(count))
