# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dpkg-query and apt-cache, as they answer in English."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError

SECONDS = 60
# dpkg-query(1): 1 where something was asked for that is not there.
ANSWERS = (0, 1)


def run(argv: Sequence[str]) -> str:
    """What a program prints. Raises C(OperationError) with what it says when it fails."""
    try:
        done = subprocess.run(
            list(argv),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        raise OperationError(
            f"{argv[0]}: {(error.strerror or str(error)).lower()}; needed a host with apt and dpkg"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise OperationError(
            f"{' '.join(argv)}: no answer in {SECONDS} s; look at it there"
        ) from error
    if done.returncode not in ANSWERS:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise OperationError(f"{' '.join(argv)}: {said}")
    return done.stdout
