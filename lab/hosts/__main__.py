"""Entry point of ``python -m lab.hosts``."""

from __future__ import annotations

import sys

from lab.hosts.cli import main

sys.exit(main(sys.argv[1:]))
