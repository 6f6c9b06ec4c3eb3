"""Make the checkout importable under its collection name, as Ansible does at run time."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for entry in (ROOT, ROOT / ".collections"):
    if str(entry) not in sys.path:
        sys.path.insert(0, str(entry))
