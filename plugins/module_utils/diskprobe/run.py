# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs of the host that are asked."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError

SECONDS = 60


def run(argv: Sequence[str]) -> str:
    """What a program prints. Raises C(OperationError) with what it says when it fails."""
    try:
        done = subprocess.run(
            list(argv), capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except OSError as error:
        raise OperationError(
            f"{argv[0]}: {(error.strerror or str(error)).lower()}; install util-linux"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise OperationError(
            f"{' '.join(argv)}: no answer in {SECONDS} s; a disk does not answer: look into the "
            "kernel's log"
        ) from error
    if done.returncode != 0:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise OperationError(f"{' '.join(argv)}: {said}")
    return done.stdout
