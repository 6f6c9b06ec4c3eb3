"""A real engine on a GPU machine without network: what to carry there, what to launch, what came
back. The modules here run on the controller, those of `machine` there."""

from __future__ import annotations

import sys
from pathlib import Path

# The checkout under its collection name, as in tests/conftest.py, for `python -m tests.gpu...`.
_LINKS = str(Path(__file__).resolve().parents[2] / ".collections")
if _LINKS not in sys.path:
    sys.path.insert(0, _LINKS)
