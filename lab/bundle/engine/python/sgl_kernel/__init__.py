"""Stand-in for SGLang's kernel package, which is not published for CPUs.

With `SGLANG_USE_CPU_ENGINE=1` SGLang imports names from `sgl_kernel` when its modules load. On a
processor without AMX it never calls one of them: every layer takes its PyTorch path. So each name
exists here and raises when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

__version__ = "0.0.0+standin"


def __getattr__(name: str) -> Callable[..., NoReturn]:
    if name.startswith("__"):
        raise AttributeError(name)

    def missing(*_arguments: object, **_options: object) -> NoReturn:
        raise NotImplementedError(
            f"sgl_kernel.{name} was called: a stand-in, this image has no kernels for this "
            "processor (/usr/share/doc/baremetal-sglang/STAND-INS)"
        )

    missing.__name__ = name
    return missing
