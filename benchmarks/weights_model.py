"""A model to measure transfers with: shards of random bytes and their SHA-256 list."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

NAME = "model"
SHARDS = 48
SEED = 1


def make_model(path: Path, size: int) -> Path:
    """Shards of random content with their SHA-256 list, ``size`` bytes in all."""
    path.mkdir(mode=0o755, parents=True)
    chance = random.Random(SEED)  # noqa: S311 content that repeats, no secret
    sums = []
    for number in range(1, SHARDS + 1):
        data = chance.randbytes(size // SHARDS)
        entry = {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}
        header = json.dumps({f"layer.{number}": entry}).encode()
        content = len(header).to_bytes(8, "little") + header + data
        name = f"model-{number:05}-of-{SHARDS:05}.safetensors"
        (path / name).write_bytes(content)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (path / "SHA256SUMS").write_text("".join(sums))
    return path


def bytes_of(directory: Path) -> int:
    """Bytes of the files in a directory."""
    return sum(path.stat().st_size for path in directory.iterdir())
