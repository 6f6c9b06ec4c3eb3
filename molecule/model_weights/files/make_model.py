"""Write a small model directory, the same bytes each time: two shards, their index and the list."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

ELEMENTS = 500_000


def shard(tensor: str) -> bytes:
    """A safetensors file with one F32 tensor."""
    data = hashlib.shake_256(tensor.encode()).digest(4 * ELEMENTS)
    entry = {"dtype": "F32", "shape": [ELEMENTS], "data_offsets": [0, len(data)]}
    header = json.dumps({tensor: entry}).encode()
    return len(header).to_bytes(8, "little") + header + data


def main(directory: Path) -> None:
    """Write the files, then SHA256SUMS."""
    directory.mkdir(parents=True)
    tensors = {"first": "model-1.safetensors", "second": "model-2.safetensors"}
    files = {name: shard(tensor) for tensor, name in tensors.items()}
    files["model.safetensors.index.json"] = json.dumps({"weight_map": tensors}).encode()
    files["config.json"] = b"{}\n"
    for name, content in files.items():
        (directory / name).write_bytes(content)
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    (directory / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
