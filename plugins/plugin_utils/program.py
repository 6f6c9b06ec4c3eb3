# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make one file of a part of this collection, which Python runs where there is no Ansible."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

COLLECTION = "ansible_collections/baremetal/sglang/plugins/module_utils"
# The earliest time that a zip file can hold: the same source gives the same bytes everywhere.
EPOCH = (1980, 1, 1, 0, 0, 0)
MAIN = "import sys\n\nfrom {module} import main\n\nsys.exit(main())\n"


def make_program(module_utils: Path, parts: tuple[str, ...], entry: str) -> bytes:
    """A zip application of ``parts``, files and packages below ``module_utils``.

    It calls ``main()`` of the module ``entry`` (dotted, below module_utils) and ends with what that
    returns. Raises OSError when a part cannot be read.
    """
    module = f"{COLLECTION.replace('/', '.')}.{entry}"
    files = {"__main__.py": MAIN.format(module=module).encode()}
    files.update((f"{package}/__init__.py", b"") for package in _packages())
    for part in parts:
        for path in _sources(module_utils / part):
            files[f"{COLLECTION}/{path.relative_to(module_utils)}"] = path.read_bytes()
    buffer = io.BytesIO()
    # Stored, not deflated: what deflate makes differs between versions of zlib.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), files[name])
    return buffer.getvalue()


def _packages() -> Iterator[str]:
    names = COLLECTION.split("/")
    return ("/".join(names[:length]) for length in range(1, len(names) + 1))


def _sources(part: Path) -> list[Path]:
    return sorted(part.rglob("*.py")) if part.is_dir() else [part]
