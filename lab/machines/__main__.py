"""Entry point of ``python -m lab.machines``."""

from __future__ import annotations

import sys

from lab.machines.cli import main

sys.exit(main(sys.argv[1:]))
