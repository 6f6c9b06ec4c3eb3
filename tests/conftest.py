"""Make the checkout importable under its collection name, as Ansible does at run time.

Properties are tried with the same examples in each run, so that a commit that passed passes again;
C(HYPOTHESIS_PROFILE=default) looks for others.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
for entry in (ROOT, ROOT / ".collections"):
    if str(entry) not in sys.path:
        sys.path.insert(0, str(entry))

# Nor does a busy machine fail them: how long an example takes is measured elsewhere.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
