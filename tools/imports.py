"""The direction of the collection's imports, as tables and one function over source text."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

MODULE_UTILS = "ansible_collections.baremetal.sglang.plugins.module_utils."
# A package imports from its own level's package and from lower levels, never from beside or above.
LEVELS = (
    ("change", "fault", "units"),
    ("topology",),
    ("planning",),
    (
        *("manifests", "intent", "report", "verification"),
        *("hostprobe", "deviceprobe", "diskprobe", "storage", "fabric", "driver"),
    ),
    ("kube", "weights", "fabricprobe", "driverprobe"),
    ("runtime",),
)
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
PLUGINS = len(LEVELS)
THIRD_PARTY = {
    "deviceprobe/nvml.py": frozenset({"pynvml"}),
    "kube/client.py": frozenset({"ansible", "kubernetes", "urllib3"}),
    "runtime/": frozenset({"ansible"}),
    "runtime/plan_file.py": frozenset({"yaml"}),
}
MODULES = frozenset({"ansible"})
# Plugins that run on the controller, next to Ansible's own dependencies.
CONTROLLER = frozenset({"ansible", "yaml"})
PURE = frozenset(
    {
        "change",
        "driver",
        "fabric",
        "fault",
        "intent",
        "manifests",
        "planning",
        "report",
        "storage",
        "topology",
        "units",
        "verification",
    }
)
# What reads or changes the world, or differs from run to run.
IMPURE = (
    *("fcntl", "http", "io", "logging", "os", "platform", "select", "shutil", "socket"),
    *("multiprocessing", "signal", "subprocess", "tempfile", "threading", "urllib.request"),
    *("datetime", "random", "secrets", "time", "uuid"),
)
IMPURE_NAMES = frozenset({"pathlib.Path", "builtins.open"})


def import_faults(path: PurePosixPath, source: str) -> list[str]:
    """What the Python file `path` (below plugins/) imports against the direction, sorted."""
    tree = ast.parse(source)
    imported = sorted(set(imported_names(tree)))
    faults = [*_direction(path, imported), *_third_party(path, imported)]
    if package_of(path) in PURE:
        called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names = [*imported, *(["builtins.open"] if "open" in called else [])]
        faults += [f"{path}: is pure, but uses {name}" for name in names if _impure(name)]
    if package_of(path) != "runtime":
        faults += [
            f"{path}: imports AnsibleModule; call the functions of module_utils/runtime"
            for name in imported
            if name == "ansible.module_utils.basic.AnsibleModule"
        ]
    return sorted(faults)


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Full dotted names of all that a module imports, at the top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def package_of(path: PurePosixPath) -> str:
    """The package or module below module_utils/ that a file belongs to; empty for a plugin."""
    parts = path.parts
    if "module_utils" not in parts:
        return ""
    return parts[parts.index("module_utils") + 1].removesuffix(".py")


def _direction(path: PurePosixPath, imported: list[str]) -> Iterator[str]:
    own = package_of(path)
    if own and own not in LEVEL and own != "__init__":
        yield f"{path}: {own} has no level in tools/imports.py"
    for name in imported:
        if name.startswith("."):
            yield f"{path}: imports {name} by a relative name; write it in full"
        if not name.startswith(MODULE_UTILS):
            continue
        other = name.removeprefix(MODULE_UTILS).split(".", 1)[0]
        if other not in LEVEL:
            yield f"{path}: imports {other}, which has no level in tools/imports.py"
        elif other != own and LEVEL[other] >= LEVEL.get(own, PLUGINS) and own not in LEVELS[0]:
            yield f"{path}: {own} imports {other}, which is not below it"


def _third_party(path: PurePosixPath, imported: list[str]) -> Iterator[str]:
    if "module_utils" not in path.parts:
        allowed = MODULES if "modules" in path.parts else CONTROLLER
    else:
        below = str(path).partition("module_utils/")[2]
        allowed = frozenset[str]().union(
            *(names for prefix, names in THIRD_PARTY.items() if below.startswith(prefix))
        )
    known = sys.stdlib_module_names | allowed | {"ansible_collections", ""}
    for top in sorted({name.split(".", 1)[0] for name in imported} - known):
        yield f"{path}: imports {top}, which neither Python nor this layer provides"


def _impure(name: str) -> bool:
    return name in IMPURE_NAMES or any(
        name == module or name.startswith(f"{module}.") for module in IMPURE
    )
