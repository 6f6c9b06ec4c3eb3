"""Runs when Python starts: puts SGLang's own Triton stub in the place of Triton.

SGLang ships `_triton_stub.py` for machines without Triton and installs it itself on macOS only.
The file is loaded by its path because `import sglang` already needs Triton.
"""

from __future__ import annotations

import importlib.machinery  # the stub uses it without importing it
import importlib.util
import sys
from pathlib import Path


def install_triton_stub() -> None:
    """Find the installed SGLang and install its stub."""
    for folder in sys.path:
        path = Path(folder, "sglang", "_triton_stub.py")
        spec = importlib.util.spec_from_file_location("sglang_triton_stub", path)
        if path.is_file() and spec and spec.loader:
            stub = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(stub)
            stub.install()
            return


install_triton_stub()
