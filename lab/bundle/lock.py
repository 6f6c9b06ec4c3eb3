"""Lock files made from the catalogue: Go modules and Python packages, with checksums, and the
plain list of the distribution's packages that the machine needs before any Python is there.

`python -m lab.bundle.lock` writes catalogue/locks, `--check` regenerates into a temporary
directory and names every file that differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from lab.bundle import engine_lock, golang, gpu_lock
from lab.bundle.builder import BuildError, run
from lab.bundle.cache import cache_root
from lab.bundle.catalogue import LOCKS, Part, load

# Lowest Python that a lock must install on, by what the packages are used for. The newest
# ansible-core runs in a trixie host and the router in an image of trixie, whose Python is 3.13.
PYTHON = {
    "controller": "3.11",
    "builder": "3.11",
    "controller-newest": "3.13",
    "mutation": "3.11",
    "s3-server": "3.11",
    "router": "3.13",
}


def main() -> int:
    """Write the locks, or compare them with `--check`; exit code 1 when they differ."""
    parser = argparse.ArgumentParser(prog="lab.bundle.lock", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--only", metavar="LOCK", help="one lock, e.g. go/etcd or controller.txt")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "locks"
        write_locks(made, [arguments.only] if arguments.only else None)
        different = differences(made, LOCKS)
        for name in different:
            print(f"catalogue/locks/{name}: {'differs' if arguments.check else 'written'}")
        if arguments.check:
            return 1 if different else 0
        shutil.copytree(made, LOCKS, dirs_exist_ok=True)
    return 0


def write_locks(target: Path, only: Collection[str] | None = None) -> None:
    """Make each lock of the catalogue below `target`, or those called `only`."""
    parts = load().parts
    pins = python_pins(parts)
    for name, lines in pins.items():
        if _wanted(name, only):
            _lock_python(target / name, lines, PYTHON[name.removesuffix(".txt")])
    for part in parts.values():
        if part["kind"] == "debian" and "lock" in part and _wanted(part["lock"], only):
            target.mkdir(parents=True, exist_ok=True)
            (target / part["lock"]).write_text("\n".join(sorted(part["packages"])) + "\n")
    _lock_engines(target, parts, only)
    cache_root().mkdir(parents=True, exist_ok=True)
    # Several GB for the time of the call; never the builder's, which another process may empty.
    with tempfile.TemporaryDirectory(prefix=".lock-", dir=cache_root()) as downloads:
        for part in parts.values():
            if part["kind"] == "source" and _wanted(part["lock"], only):
                _lock_go(target / part["lock"], part, Path(downloads))


def go_lock_key(part: Part) -> str:
    """SHA-256 of all that the lock of a source part is made from, and of the lock itself.

    A published version of a module never changes, so a lock that was made again with this key would
    be made again the same.
    """
    made_from = [Path(__file__), Path(golang.__file__), LOCKS / "builder.txt"]
    kept = sorted(path for path in (LOCKS / part["lock"]).rglob("*") if path.is_file())
    digest = hashlib.sha256(json.dumps(part, sort_keys=True).encode())
    for path in (*made_from, *kept):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _wanted(name: str, only: Collection[str] | None) -> bool:
    return only is None or name in only


def python_pins(parts: Mapping[str, Part]) -> dict[str, list[str]]:
    """Requirement lines of each Python lock that this module writes, by lock file.

    A part's `beside` names parts of another lock that its own lock holds in the same version.
    """
    pins: dict[str, list[str]] = {}
    for name, part in parts.items():
        if part["kind"] == "python" and part["use"] in PYTHON:
            lines = pins.setdefault(part["lock"], [])
            lines += [_pin(member, parts[member]) for member in (name, *part.get("beside", []))]
    return pins


def _lock_engines(target: Path, parts: Mapping[str, Part], only: Collection[str] | None) -> None:
    for maker in (engine_lock, gpu_lock):
        locks = {part["lock"] for part in parts.values() if part.get("use") == maker.USE}
        if any(_wanted(lock, only) for lock in locks):
            maker.write(target, parts)


def _pin(name: str, part: Part) -> str:
    return f"{part.get('package', name)}=={part['version']}"


def differences(made: Path, kept: Path) -> list[str]:
    """Files below `made` that are missing below `kept` or have other content, sorted."""
    names = sorted(str(path.relative_to(made)) for path in made.rglob("*") if path.is_file())
    return [
        name
        for name in names
        if not (kept / name).exists() or (made / name).read_bytes() != (kept / name).read_bytes()
    ]


def go_module(part: Part, upstream: Mapping[str, Any]) -> str:
    """Text of go.mod for a source part, given `go mod edit -json` of the module itself.

    The module's own `go` and `godebug` lines are kept, its replacements by other modules too. A
    replacement by a directory of its repository becomes the published module: for one that is
    required as v0.0.0 (Kubernetes' staging) version 1.A.B is published as v0.A.B.
    """
    version = part["version"]
    modules = [part["module"], *part.get("also", [])]
    lines = [f"module bundle/{Path(part['lock']).name}", "", f"go {upstream['Go']}", ""]
    lines += [f"godebug {item['Key']}={item['Value']}" for item in upstream.get("GoDebug") or []]
    lines += [f"require {module} v{version}" for module in modules]
    required = {item["Path"]: item["Version"] for item in upstream.get("Require") or []}
    for item in upstream.get("Replace") or []:
        old, new = item["Old"]["Path"], item["New"]
        if "Version" in new:
            lines.append(f"replace {old} => {new['Path']} {new['Version']}")
        elif required.get(old) == "v0.0.0":
            lines.append(f"replace {old} => {old} v0.{version.partition('.')[2]}")
    return "\n".join(lines) + "\n"


def tools_file(part: Part) -> str:
    """Text of tools.go, whose imports keep the packages of the programs in go.mod."""
    imports = "\n".join(f'\t_ "{package}"' for package in sorted(part["programs"].values()))
    return f"//go:build tools\n\npackage tools\n\nimport (\n{imports}\n)\n"


def _lock_go(target: Path, part: Part, downloads: Path) -> None:
    print(f"lock {part['lock']}", file=sys.stderr)
    target.mkdir(parents=True)
    go = golang.toolchain(downloads, LOCKS / "builder.txt")
    env = golang.environment(downloads)
    found = run(
        [go, "mod", "download", "-json", f"{part['module']}@v{part['version']}"],
        cwd=target,
        env=env,
    )
    upstream = json.loads(run([go, "mod", "edit", "-json", json.loads(found)["GoMod"]], env=env))
    (target / "go.mod").write_text(go_module(part, upstream))
    (target / "tools.go").write_text(tools_file(part))
    run([go, "mod", "tidy"], cwd=target, env=env)


def _lock_python(target: Path, pins: list[str], python: str) -> None:
    print(f"lock {target.name}", file=sys.stderr)
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = LOCKS / target.name
    if kept.exists():  # uv keeps the versions of an existing output where they still fit
        shutil.copy(kept, target)
    options = ["--universal", "--python-version", python, "--generate-hashes"]
    options += ["--no-emit-index-url", "--no-header", "--no-annotate", "--no-python-downloads"]
    run(
        [golang.UV, "pip", "compile", "-", *options, "--output-file", target],
        stdin="\n".join(pins).encode(),
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BuildError as error:
        sys.exit(str(error))
