"""What model_weights costs on a node that holds the model: seconds, bytes read, memory.

python benchmarks/weights_second_run.py [--files 163] [--gibibytes 641] [--directory /tmp]

The model has the number of files and the bytes of DeepSeek-R1 in sparse files of one size, with the
record that a first run leaves. The digest is pinned, so the source is not asked. Bytes read are
those that the module asked the kernel for: the list and the record, and nothing of the model.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / ".collections")]

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.ensure import (  # noqa: E402
    ensure,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (  # noqa: E402
    LIST_NAME,
    RECORD_NAME,
    parse_file_list,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (  # noqa: E402
    Record,
    VerifiedFile,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import (  # noqa: E402
    Clock,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (  # noqa: E402
    WeightsRoot,
    signature_of,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import (  # noqa: E402
    WeightsSpec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.version import (  # noqa: E402
    VersionDirectory,
)

from benchmarks.weights_model import NAME  # noqa: E402
from benchmarks.weights_node import DEFAULTS  # noqa: E402

GIB = 2**30


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the model, and run model_weights on it in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=163)
    parser.add_argument("--gibibytes", type=int, default=641)
    parser.add_argument("--directory", default=tempfile.gettempdir())
    parser.add_argument("--run", nargs=2, metavar=("ROOT", "DIGEST"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.run:
        print(json.dumps(second_run(*options.run)))
        return
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        digest = publish(Path(directory), options.files, options.gibibytes * GIB)
        load = os.getloadavg()[0]
        argv = [sys.executable, __file__, "--run", directory, digest]
        found = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
    print(
        f"{options.files} files, {options.gibibytes} GiB: {found['seconds']:.3f} s, "
        f"{found['read_bytes']} bytes read (list and record have {found['kept_bytes']}), "
        f"{found['memory_bytes'] / 2**20:.0f} MiB of memory, changed: {found['changed']}; "
        f"load {load:.1f}"
    )


def publish(path: Path, files: int, size: int) -> str:
    """A published version of sparse files with its record; returns the digest of its list."""
    names = [f"model-{number:05}-of-{files:05}.safetensors" for number in range(1, files + 1)]
    sums = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    text = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
    file_list = parse_file_list(text, LIST_NAME)
    root = WeightsRoot(str(path))
    version = VersionDirectory(root.version(NAME, file_list.short_digest))
    Path(version.path).mkdir()
    verified = {}
    for name in names:
        with open(version.file(name), "wb") as file:
            file.truncate(size // files)
        signature = signature_of(version.file(name))
        if signature is not None:
            verified[name] = VerifiedFile(sums[name], signature)
    version.write_list(file_list)
    version.write_record(Record(NAME, file_list.digest, "2026-01-01T00:00:00+00:00", verified))
    root.set_link(NAME, version.path)
    return file_list.digest


def second_run(root: str, digest: str) -> dict[str, float | bool]:
    """Run model_weights and say what it took."""
    parameters = {"name": NAME, "source": "http://source.invalid/", "feeds": [], "parallel": 8}
    access = {"stored_only": False, "relayed": False, "feed_token": None}
    spec = WeightsSpec.parse(
        {**DEFAULTS, **parameters, **access, "destination": root, "digest": digest}
    )
    begun, read = time.monotonic(), read_bytes()
    change = ensure(spec, check_mode=False, clock=Clock())
    seconds, read = time.monotonic() - begun, read_bytes() - read
    kept = Path(root) / NAME
    return {
        "seconds": seconds,
        "read_bytes": read,
        "kept_bytes": sum((kept / name).stat().st_size for name in (LIST_NAME, RECORD_NAME)),
        "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "changed": change.changed,
    }


def read_bytes() -> int:
    """Bytes that this process has asked the kernel for (proc(5), rchar)."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


if __name__ == "__main__":
    main()
