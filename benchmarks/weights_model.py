"""A model to measure transfers with: shards of random bytes and their SHA-256 list."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

NAME = "model"
SHARDS = 48
SEED = 1
PIECE_BYTES = 2**20


def make_model(path: Path, size: int) -> Path:
    """Shards of random content with their SHA-256 list, ``size`` bytes in all."""
    path.mkdir(mode=0o755, parents=True)
    chance = random.Random(SEED)  # noqa: S311 content that repeats, no secret
    sums = []
    for number in range(1, SHARDS + 1):
        name = f"model-{number:05}-of-{SHARDS:05}.safetensors"
        sums.append(f"{write_shard(path / name, number, size // SHARDS, chance)}  {name}\n")
    (path / "SHA256SUMS").write_text("".join(sums))
    return path


def write_shard(path: Path, number: int, size: int, chance: random.Random) -> str:
    """Write a safetensors file with so many random bytes of data; gives its SHA-256.

    In pieces: what is measured afterwards counts this process's memory too (ru_maxrss).
    """
    entry = {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}
    header = json.dumps({f"layer.{number}": entry}).encode()
    sha = hashlib.sha256()
    with path.open("wb") as file:
        for piece in chain([len(header).to_bytes(8, "little"), header], _pieces(size, chance)):
            sha.update(piece)
            file.write(piece)
    return sha.hexdigest()


def _pieces(size: int, chance: random.Random) -> Iterator[bytes]:
    for start in range(0, size, PIECE_BYTES):
        yield chance.randbytes(min(PIECE_BYTES, size - start))


def bytes_of(directory: Path) -> int:
    """Bytes of the files in a directory."""
    return sum(path.stat().st_size for path in directory.iterdir())
