"""The Go toolchain and the programs that are built with it from pinned modules."""

from __future__ import annotations

import hashlib
import shutil
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.bundle.builder import BuildError, Work, run

UV = Path(sys.executable).with_name("uv")
# Fixed in every build, so that a setting of this machine cannot change a program.
FLAGS = "-mod=readonly -trimpath -buildvcs=false"

_INSTALLING = threading.Lock()


@dataclass(frozen=True)
class GoBuild:
    """What one source part needs beside `go build`.

    `variables` are string variables that the linker sets, `files` maps a name below `files/` to
    a path of the module. `static_c` links C code statically, for the programs that need it; all
    others are built without C.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    static_c: bool = False

    def linker_flags(self) -> list[str]:
        """Flags of the linker: no symbol table, the variables, and how C code is linked."""
        flags = ["-s", "-w", *(f"-X {name}={value}" for name, value in self.variables.items())]
        if self.static_c:
            flags += ["-linkmode external", "-extldflags -static"]
        return flags


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


def build_source(work: Work, build: GoBuild) -> None:
    """Build every entry of `programs` of a source part, and copy the files that lie with them."""
    go = toolchain(work.build_cache, work.locks / "builder.txt")
    module = work.scratch / "module"
    shutil.copytree(work.locks / work.part["lock"], module)
    env = {
        **environment(work.build_cache),
        "GOFLAGS": FLAGS,
        "CGO_ENABLED": "1" if build.static_c else "0",
    }
    options = ["-tags", ",".join(build.tags), "-ldflags", " ".join(build.linker_flags())]
    for program, package in work.part["programs"].items():
        work.report(f"go build {program}")
        target = work.output / "bin" / program
        run([go, "build", *options, "-o", target, package], cwd=module, env=env)
    directory = _module_directory(go, module, work, env)
    for name, path in build.files.items():
        _copy(directory / path, work.output / "files" / name)


def _module_directory(go: Path, lock: Path, work: Work, env: Mapping[str, str]) -> Path:
    module = work.part["module"]
    run([go, "mod", "download", module], cwd=lock, env=env)
    found = run([go, "list", "-m", "-f", "{{.Dir}}", module], cwd=lock, env=env).strip()
    if not found:
        raise BuildError(f"module {module}: not in {work.part['lock']}/go.mod; run make lock")
    return Path(found)


def _copy(origin: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, target, copy_function=shutil.copyfile)
        for directory in (target, *(path for path in target.rglob("*") if path.is_dir())):
            directory.chmod(0o755)  # the module cache is read-only
    else:
        shutil.copyfile(origin, target)
