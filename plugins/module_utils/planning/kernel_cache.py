# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where compiled kernels outlive their pod: a directory of the host, at one path in each container.

The engine compiles kernels for its GPUs at its first start and keeps them in directories that
environment variables name. Without a directory of the host they are gone with the pod.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.settings import (
    Setting,
    variable,
)

CACHE_MOUNT = "/var/cache/sglang"
"""Where containers see the directory of the host."""

CACHES = {
    "SGLANG_CACHE_DIR": "sglang",
    "SGLANG_DG_CACHE_DIR": "deep_gemm",
    "TVM_FFI_CACHE_DIR": "tvm_ffi",
    "TRITON_CACHE_DIR": "triton",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "FLASHINFER_WORKSPACE_BASE": "flashinfer",
    "CUDA_CACHE_PATH": "cuda",
}
"""Directories of compiled kernels by variable: SGLang's own (environ.py of the catalogue's SGLang,
and TVM_FFI_CACHE_DIR in kernels/jit/utils/compile.py), and those of the compilers that it calls."""


def cache_directory(root: str, engine_part: str, engine_version: str) -> str:
    """The host's directory for one version of the engine: no other reads what it compiled.

    C(root) is empty for none.
    """
    return f"{root}/{engine_part}-{engine_version}" if root else ""


def cache_settings(directory: str) -> Iterator[Setting]:
    """A variable for each cache; without a value where C(directory) of the host is empty."""
    for name, below in CACHES.items():
        if directory:
            fact = "a directory of the host: compiled kernels outlive the pod"
            yield variable(name, f"{CACHE_MOUNT}/{below}", fact)
        else:
            fact = "no directory of the host is mounted: kernels are compiled again in each pod"
            yield variable(name, "", fact)


def mount_setting(directory: str) -> Setting:
    """What is mounted into each container."""
    fact = "of each host, writable for the pods' user alone; each version of the engine has its own"
    return Setting(CACHE_MOUNT, directory, fact, "site_cache_path")


def in_cache(values: Iterable[str]) -> bool:
    """Whether a value of the environment lies where the directory of the host is mounted."""
    return any(value == CACHE_MOUNT or value.startswith(f"{CACHE_MOUNT}/") for value in values)
