# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument specs that several modules share, beside their documentation fragments."""

from __future__ import annotations

from typing import Any

KUBERNETES: dict[str, dict[str, Any]] = {
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
}
"""Pair of the documentation fragment C(baremetal.sglang.kubernetes)."""
