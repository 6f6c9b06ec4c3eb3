# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The weights root of a node: where versions, links, staging and the lock lie.

::

    <root>/<name>                      link to the version in use
    <root>/<name>@<12 hex digits>/     a version: the listed files, SHA256SUMS, .verified.json
    <root>/.staging/<12 hex digits>/   the same while it lands; a partial file ends in .part
    <root>/.relay/<12 hex digits>/     what a relay stored while it passed, not verified yet
    <root>/.lock                       flock of the run that changes the root
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    LockedError,
    WeightsError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    PARTIAL_SUFFIX,
    SHORT_DIGEST,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import Signature
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock

DIRECTORY_MODE = 0o755
FILE_MODE = 0o644
_VERSION = re.compile(rf"(?P<name>.+)@[0-9a-f]{{{SHORT_DIGEST}}}")
_LOCK_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class WeightsRoot:
    """Paths below the weights root, and the few operations on them that must be atomic."""

    path: str

    def link(self, name: str) -> str:
        """The link that serving pods are given."""
        return os.path.join(self.path, name)

    def version(self, name: str, short_digest: str) -> str:
        """The directory of one version of a model."""
        return os.path.join(self.path, f"{name}@{short_digest}")

    def staging(self, short_digest: str) -> str:
        """Where a version lands before it is published."""
        return os.path.join(self.path, ".staging", short_digest)

    def relay_store(self, short_digest: str) -> str:
        """Where the node's relay stores a version's files; temporary ones lie beside it."""
        return os.path.join(self.path, ".relay", short_digest)

    def link_target(self, name: str) -> str:
        """What the link names; empty without a link. WeightsError for anything else.

        An empty directory is no obstacle: containerd makes one for a pod whose weights are gone.
        """
        try:
            return os.readlink(self.link(name))
        except FileNotFoundError:
            return ""
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            if os.path.isdir(self.link(name)) and not os.listdir(self.link(name)):
                return ""
            raise WeightsError(
                f"{self.link(name)} exists and is not a link of this module; move it away or "
                "choose another name"
            ) from error

    def versions(self, name: str) -> tuple[str, ...]:
        """Directory names of a model's versions, sorted."""
        return tuple(entry for entry in self._entries() if _model_of(entry) == name)

    def names(self) -> tuple[str, ...]:
        """Names of the models that have a version here, sorted."""
        return tuple(sorted({model for entry in self._entries() if (model := _model_of(entry))}))

    def stagings(self) -> tuple[str, ...]:
        """Short digests of what lies in staging, sorted."""
        try:
            return tuple(sorted(os.listdir(os.path.join(self.path, ".staging"))))
        except FileNotFoundError:
            return ()

    def _entries(self) -> list[str]:
        try:
            return sorted(os.listdir(self.path))
        except FileNotFoundError:
            return []

    def free_bytes(self) -> int:
        """Bytes free to an ordinary user on the root's file system (or its nearest parent's)."""
        found = os.statvfs(self._existing_parent())
        return found.f_bavail * found.f_frsize

    def block_bytes(self) -> int:
        """Bytes of the file system's allocation unit."""
        return os.statvfs(self._existing_parent()).f_frsize

    def _existing_parent(self) -> str:
        path = self.path
        while not os.path.exists(path):
            path = os.path.dirname(path)
        return path

    def set_link(self, name: str, version: str) -> None:
        """Point the link at a version, in one step."""
        temporary = os.path.join(self.path, f".link-{name}")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        os.symlink(os.path.basename(version), temporary)
        if not os.path.islink(self.link(name)) and os.path.isdir(self.link(name)):
            os.rmdir(self.link(name))
        os.replace(temporary, self.link(name))
        sync_directory(self.path)

    @contextlib.contextmanager
    def lock(self, timeout_seconds: float, clock: Clock) -> Iterator[None]:
        """Hold the root against other runs; raises LockedError after ``timeout_seconds``."""
        make_directories(self.path)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        descriptor = os.open(os.path.join(self.path, ".lock"), flags, FILE_MODE)
        try:
            self._wait_for_lock(descriptor, timeout_seconds, clock)
            yield
        finally:
            os.close(descriptor)

    def _wait_for_lock(self, descriptor: int, timeout_seconds: float, clock: Clock) -> None:
        deadline = clock.monotonic() + timeout_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if clock.monotonic() >= deadline:
                    raise LockedError(
                        f"{self.path} is held by {lock_holder(descriptor)} for more than "
                        f"{timeout_seconds:g} s; wait for it or end it, then run again"
                    ) from error
                clock.sleep(_LOCK_PAUSE_SECONDS)
            else:
                return


def lock_holder(descriptor: int) -> str:
    """Who holds the flock of an open file, from the kernel's table (proc_locks(5))."""
    inode = str(os.fstat(descriptor).st_ino)
    with open("/proc/locks", encoding="ascii") as table:
        rows = [line.split() for line in table]
    holders = [row[4] for row in rows if len(row) == 8 and row[5].split(":")[-1] == inode]
    return f"process {holders[0]}" if holders else "another run"


def _model_of(entry: str) -> str:
    match = _VERSION.fullmatch(entry)
    return match["name"] if match else ""


def make_directories(path: str) -> None:
    """Make a directory and its missing parents, readable by every user whatever the umask is."""
    if os.path.isdir(path):
        return
    make_directories(os.path.dirname(path))
    with contextlib.suppress(FileExistsError):  # another thread was first
        os.mkdir(path)
        os.chmod(path, DIRECTORY_MODE)


def sync_directory(path: str) -> None:
    """Write a directory's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def directories_below(path: str) -> list[str]:
    """A directory and every directory below it, the deepest first."""
    return [entry[0] for entry in os.walk(path, topdown=False)]


def write_file(path: str, content: bytes) -> None:
    """Replace a small file in one step; a link in the place of the temporary file gives way."""
    write_pieces(path, (content,))


def write_pieces(path: str, pieces: Iterable[bytes]) -> None:
    """As write_file, without the whole content at a time."""
    temporary = path + PARTIAL_SUFFIX
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def signature_of(path: str) -> Optional[Signature]:
    """The signature of a regular file; None for anything else."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Signature.of(found) if stat.S_ISREG(found.st_mode) else None


def bytes_below(path: str) -> int:
    """Bytes of the regular files below a directory."""
    paths = (
        os.path.join(parent, name)
        for parent, _directories, names in os.walk(path)
        for name in names
    )
    return sum(found.size for entry in paths if (found := signature_of(entry)) is not None)


def remove_tree(path: str) -> None:
    """Remove a directory tree or a file; a path that is not there is removed already."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
