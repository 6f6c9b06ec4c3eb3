"""Runs when Python starts: puts SGLang's own Triton stub in the place of Triton.

SGLang ships `_triton_stub.py` for machines without Triton and installs it there itself on macOS
only. The file is loaded by its path because `import sglang` needs Triton already.
"""

import importlib.machinery  # the stub uses it without importing it
import importlib.util
import sys
import sysconfig
from pathlib import Path

for folder in (sysconfig.get_path("purelib"), *sys.path):
    stub = Path(folder, "sglang", "_triton_stub.py")
    if stub.is_file():
        spec = importlib.util.spec_from_file_location("sglang_triton_stub", stub)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.install()
        break
