# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the engine reads the weights: chosen by what the hosts store them on and by memory.

What SGLang does is read from the catalogue's release (loader.py and weight_utils.py of
sglang/srt/model_loader): it maps the safetensors files and opens C(DEFAULT_THREADS) of them at
once. With C(--weight-loader-prefetch-checkpoints) the ranks of a host share out the files and read
them in one piece each into the page cache, while the loader follows, one file at a time: each byte
then comes once from the storage of a host, and not once for each rank. That is also the warm-up of
the page cache: it runs in the pod, whose memory limit counts these pages, and after each restart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rank_resources import (
    RankShare,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.text_table import count
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import (
    HDD,
    NFS,
    NVME,
    SSD,
    UNKNOWN,
)

DEFAULT = "default"
MULTITHREAD = "multithread"
PREFETCH = "prefetch"
SEQUENTIAL = "sequential"
LOADERS = (DEFAULT, MULTITHREAD, PREFETCH, SEQUENTIAL)
# DefaultModelLoader.DEFAULT_NUM_THREADS; more was not measured.
DEFAULT_THREADS = 8
# --weight-loader-prefetch-num-threads of each rank, the engine's own default; a disk that turns
# reads one file after the other faster than several at once.
PREFETCH_THREADS = 4
PREFETCH_THREADS_ON_HDD = 1
# Files beyond the threads that the loader holds: "Peak CPU RAM = (max_workers + 2) x
# shard_file_size" (buffered_multi_thread_safetensors_weights_iterator).
HELD_FILES = 2
# Largest file of a checkpoint that is cut into shards: save_pretrained(max_shard_size="5GB") of
# transformers.
SHARD_BYTES = 5 * 10**9
# Part of a rank's memory that files may fill, so that the engine's processes keep the rest: chosen,
# not measured.
FILES_SHARE = 0.75
GIB = 1024**3
GIGABYTE = 10**9

Setting = tuple[str, object]


@dataclass(frozen=True)
class Loader:
    """A way to load: its name, settings of the engine (engine_flags.py), and why it was taken."""

    name: str
    settings: tuple[Setting, ...]
    why: str


ENGINE_DEFAULT = Loader(DEFAULT, (), "")


@dataclass(frozen=True)
class Load:
    """What is to be loaded where.

    C(checkpoint_bytes) are the files' bytes, all of which each host reads. C(shares) are the ranks'
    hosts with the GPUs that each takes, C(memory_gib) GiB that each rank's pod may use.
    """

    checkpoint_bytes: int
    shares: Sequence[RankShare]
    memory_gib: int

    @property
    def processes(self) -> int:
        """Schedulers of the fullest rank: one a GPU, or one without any. Each loads by itself."""
        return max(max(share.gpus, 1) for share in self.shares)

    @property
    def room(self) -> float:
        """Bytes of files that a rank's memory has room for."""
        return FILES_SHARE * self.memory_gib * GIB

    @property
    def fits(self) -> bool:
        """Whether the page cache of a rank holds all files at once."""
        return self.checkpoint_bytes <= self.room


def choose_loader(load: Load, asked: str = "") -> Loader:
    """The loader that suits the storage of all ranks, which have one list of arguments.

    C(asked) is one of C(LOADERS) that a person asks for, or an empty text.
    """
    kinds = {share.node.name: share.node.storage.kind for share in load.shares}
    kind = next(iter(kinds.values())) if len(set(kinds.values())) == 1 else UNKNOWN
    if asked:
        return replace(_made(asked, kind, load), why="as site_constraints.weight_loader asks")
    if len(set(kinds.values())) > 1:
        return Loader(DEFAULT, (), f"the hosts differ ({_listed(kinds)}) and have one list")
    name, reason = _suited(kind, load)
    loader = _made(name, kind, load)
    return replace(loader, why=f"{_place(load)}: {reason or loader.why}")


def _suited(kind: str, load: Load) -> tuple[str, str]:
    """The loader for a kind of storage, and why, where its own reason does not say all."""
    if kind == NVME:
        return MULTITHREAD, ""
    if kind not in (SSD, HDD, NFS):
        return DEFAULT, "no fact says what the weights lie on; site_hardware.storage can"
    if load.fits:
        return PREFETCH, ""
    without = SEQUENTIAL if kind == HDD else DEFAULT
    return without, f"{_files(load)} do not fit into the page cache: {_room(load)}"


def _made(name: str, kind: str, load: Load) -> Loader:
    if name == MULTITHREAD:
        return _multithread(load)
    if name == SEQUENTIAL:
        return Loader(name, _options({"enable_multithread_load": False}), "")
    if name == DEFAULT:
        return ENGINE_DEFAULT
    threads = PREFETCH_THREADS_ON_HDD if kind == HDD else PREFETCH_THREADS
    why = (
        f"a host reads each file once, {count(threads)} at once for each process, into the page"
        f" cache: {_files(load)} fit, {_room(load)}"
    )
    return Loader(name, (("prefetch", ""), ("prefetch_threads", threads)), why)


def _multithread(load: Load) -> Loader:
    """As many files at once as the engine takes, or as cores and memory allow."""
    cores = min(share.node.cores for share in load.shares)
    shard = min(SHARD_BYTES, load.checkpoint_bytes)
    limits = [
        (DEFAULT_THREADS, "the engine's own number"),
        (int(load.room / (load.processes * shard)) - HELD_FILES, "all that fit"),
    ]
    if cores:
        limits.append((cores // load.processes, f"one for each of {count(cores)} cores"))
    fewest, limit = min(limits, key=lambda pair: pair[0])
    threads = max(1, fewest)
    held = load.processes * (threads + HELD_FILES) * shard
    why = (
        f"{count(threads)} files at once in each of {count(load.processes)} processes, {limit}:"
        f" they hold {_size(held)} of files, {_room(load)}"
    )
    return Loader(
        MULTITHREAD, _options({"enable_multithread_load": True, "num_threads": threads}), why
    )


def _options(values: Mapping[str, object]) -> tuple[Setting, ...]:
    return (("loader_options", json.dumps(values)),)


def _place(load: Load) -> str:
    """The storage of all ranks; with its details where they have the same."""
    storages = {share.node.storage for share in load.shares}
    return storages.pop().text if len(storages) == 1 else storages.pop().kind


def _files(load: Load) -> str:
    return f"{_size(load.checkpoint_bytes)} of files"


def _room(load: Load) -> str:
    part = f"{FILES_SHARE:.0%} of a rank's {count(load.memory_gib)} GiB"
    return f"{part} are {_size(load.room)}"


def _size(size: float) -> str:
    return f"{size / GIGABYTE:,.1f} GB"


def _listed(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{host} {kind}" for host, kind in sorted(kinds.items()))
