"""The Go toolchain and the programs that are built with it from pinned modules."""

from __future__ import annotations

import hashlib
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from lab.bundle.builder import BuildError, Work, run

UV = Path(sys.executable).with_name("uv")
# Fixed in every build, so that a setting of this machine cannot change a program.
FLAGS = "-mod=readonly -trimpath -buildvcs=false"

_INSTALLING = threading.Lock()


def toolchain(build_cache: Path, lock: Path) -> Path:
    """Install the Go toolchain of `lock` (a pip lock with hashes) once; return its `go`."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    home = build_cache / f"go-{digest}"
    with _INSTALLING:
        if not home.exists():
            partial = build_cache / "go.partial"
            shutil.rmtree(partial, ignore_errors=True)
            run([UV, "pip", "install", "--require-hashes", "-r", lock, "--target", partial])
            partial.rename(home)
    return home / "go/bin/go"


def environment(build_cache: Path) -> dict[str, str]:
    """Environment of a `go` command: caches of the builder's own and no user settings."""
    return {
        "GOMODCACHE": str(build_cache / "gomod"),
        "GOCACHE": str(build_cache / "gobuild"),
        "GOPATH": str(build_cache / "gopath"),
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "GOWORK": "off",
        "HOME": str(build_cache),
    }


def build_programs(
    work: Work,
    *,
    tags: Sequence[str] = (),
    ldflags: Sequence[str] = (),
    static_c: bool = False,
) -> None:
    """Build every entry of `programs` of a source part into `work.output/bin`.

    `ldflags` are added to `-s -w`. `static_c` links C code statically, for the programs that
    need it; all others are built without C.
    """
    go = toolchain(work.build_cache, work.locks / "builder.txt")
    module = _writable_copy(work)
    flags = ["-s", "-w", *ldflags]
    if static_c:
        flags += ["-linkmode external", "-extldflags -static"]
    env = {
        **environment(work.build_cache),
        "GOFLAGS": FLAGS,
        "CGO_ENABLED": "1" if static_c else "0",
    }
    for program, package in work.part["programs"].items():
        work.report(f"go build {program}")
        target = work.output / "bin" / program
        options = ["-tags", ",".join(tags), "-ldflags", " ".join(flags)]
        run([go, "build", *options, "-o", target, package], cwd=module, env=env)


def module_directory(work: Work, module: str) -> Path:
    """Directory of a module of the lock, with its checksum verified."""
    go = toolchain(work.build_cache, work.locks / "builder.txt")
    env = environment(work.build_cache)
    copy = _writable_copy(work)
    run([go, "mod", "download", module], cwd=copy, env=env)
    found = run([go, "list", "-m", "-f", "{{.Dir}}", module], cwd=copy, env=env).strip()
    if not found:
        raise BuildError(f"module {module}: not in {work.part['lock']}/go.mod; run make lock")
    return Path(found)


def _writable_copy(work: Work) -> Path:
    copy = work.scratch / "module"
    if not copy.exists():
        shutil.copytree(work.locks / work.part["lock"], copy)
    return copy
