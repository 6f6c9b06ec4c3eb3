"""Entry point of ``python -m lab.crowds``."""

from __future__ import annotations

import sys

from lab.crowds.cli import main

sys.exit(main(sys.argv[1:]))
