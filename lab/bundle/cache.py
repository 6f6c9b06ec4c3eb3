"""Where the lab keeps what it builds."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root() -> Path:
    """`~/.cache/baremetal-sglang`, or what BAREMETAL_SGLANG_CACHE names."""
    named = os.environ.get("BAREMETAL_SGLANG_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "baremetal-sglang"
