"""Find secrets in files: logs, reports, diffs, whatever a run leaves behind.

A secret is looked for as it is, in base64 at any alignment (as in a kubeconfig or a Secret), and
in percent encoding. Of a secret of several lines (a key, a certificate) each line of its body is
looked for by itself, because JSON and YAML write line breaks in their own ways.
"""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# Shorter ones are found by chance.
SHORTEST = 12


@dataclass(frozen=True, order=True)
class Hit:
    """A secret, by its name, in a line of a file; the value itself is never told."""

    path: Path
    line: int
    secret: str
    form: str
    mode: int

    @property
    def for_others(self) -> bool:
        """Whether group or others may read the file."""
        return bool(self.mode & (stat.S_IRGRP | stat.S_IROTH))

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.secret} ({self.form}, mode {self.mode:04o})"


def find_secrets(paths: Iterable[Path], secrets: Mapping[str, str]) -> tuple[Hit, ...]:
    """Where the files below `paths` hold one of `secrets` (values by name), sorted.

    Links are not followed; a hit is told once for each line and secret. Raises ValueError for a
    secret that is too short to be looked for or where there is nothing to do, OSError for a path
    that cannot be read: a scan that looked nowhere proves nothing.
    """
    needles = {name: tuple(_needles(name, value)) for name, value in secrets.items()}
    files = sorted(file for path in paths for file in _files(path))
    if not files or not needles:
        raise ValueError(f"{len(files)} files and {len(needles)} secrets: nothing to look for")
    return tuple(sorted({hit for file in files for hit in _hits(file, needles)}))


def missed_when_planted(directory: Path, secrets: Mapping[str, str]) -> list[str]:
    """Plant each secret in a file below `directory`, scan, remove it: the names not found."""
    missed = []
    for name, value in secrets.items():
        for planted in (value, base64.b64encode(f"x{value}".encode()).decode()):
            file = directory / "planted"
            file.write_text(f"one\n{planted}\n", encoding="utf-8")
            if not find_secrets([file], {name: value}):
                missed.append(name)
            file.unlink()
    return sorted(set(missed))


def _needles(name: str, value: str) -> Iterator[tuple[str, bytes]]:
    lines = [line.strip() for line in value.strip().splitlines()]
    body = [line for line in lines if len(line) >= SHORTEST and not line.startswith("-----")]
    if not body:
        raise ValueError(f"{name}: has no line of {SHORTEST} characters, found by chance")
    for line in body:
        yield "plain", line.encode()
        yield "percent encoding", quote(line, safe="").encode()
        yield from (("base64", needle) for needle in _base64(line.encode()))


def _base64(value: bytes) -> Iterator[bytes]:
    """What base64 makes of `value` wherever it begins: the characters that only `value` sets."""
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + value)
        first = -(-offset * 8 // 6)
        last = (offset + len(value)) * 8 // 6
        yield encoded[first:last]


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        path.lstat()
        if path.is_file():
            yield path
        return
    for directory, _names, files in os.walk(path, onerror=_raise):
        for name in files:
            file = Path(directory, name)
            if stat.S_ISREG(file.lstat().st_mode):
                yield file


def _raise(error: OSError) -> None:
    raise error


def _hits(file: Path, needles: Mapping[str, tuple[tuple[str, bytes], ...]]) -> Iterator[Hit]:
    content = file.read_bytes()
    mode = stat.S_IMODE(file.stat().st_mode)
    for name, forms in needles.items():
        lines: dict[int, str] = {}
        for form, needle in forms:
            for line in _lines(content, needle):
                lines.setdefault(line, form)
        yield from (Hit(file, line, name, form, mode) for line, form in lines.items())


def _lines(content: bytes, needle: bytes) -> Iterator[int]:
    position = content.find(needle)
    while position >= 0:
        yield content.count(b"\n", 0, position) + 1
        position = content.find(needle, position + 1)
