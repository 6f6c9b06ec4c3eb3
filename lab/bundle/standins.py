"""Stand-ins for shared libraries of the GPU: they load, and abort by name when called.

PyTorch for x86_64 is published on the Python index only as a build for NVIDIA GPUs. Its CPU half
is linked to its CUDA half and to NVIDIA's libraries, 3 GB that a rank without a GPU loads and
never calls. A stand-in has the library's SONAME and exactly the symbols that the files which stay
refer to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.bundle.builder import run

DOCUMENT = "usr/share/doc/baremetal-sglang/STAND-INS"
# A symbol whose function only returns the address of a variable: libtorch_python keeps a pointer
# in it while it loads.
_VARIABLES = ("_ZN4c10d15get_gil_checkerEv",)
_VARIABLE_BYTES = 64
# At least as many as the largest class has; each leads to the abort.
_VIRTUAL_METHODS = 64

_ABORT = """\
#include <stdio.h>
#include <stdlib.h>
__attribute__((visibility("hidden"), noreturn)) void stand_in_called(const char *name)
{{
    fprintf(stderr, "{library}: %s was called: a stand-in, this image has no GPU (/{document})\\n",
            name);
    abort();
}}
"""


@dataclass(frozen=True)
class Symbol:
    """A symbol that a file needs or has; `version` is empty where it has none."""

    name: str
    version: str = ""


@dataclass(frozen=True)
class Library:
    """A library to stand in for, and how its symbols are told from others.

    A needed symbol belongs to it when the symbol's version is the SONAME, the name begins with
    `prefix`, or one of the files `replaces` defines it.
    """

    soname: str
    prefix: str = ""
    replaces: tuple[Path, ...] = ()


def symbols(files: Iterable[Path], *, defined: bool) -> frozenset[Symbol]:
    """Dynamic symbols that the files define, or that they need from others."""
    which = "--defined-only" if defined else "--undefined-only"
    found = set()
    for file in files:
        listing = run(["nm", "-D", "--with-symbol-versions", which, file])
        for line in listing.splitlines():
            name, _, version = line.split()[-1].partition("@")
            found.add(Symbol(name, version.lstrip("@")))
    return frozenset(found)


def attribute(
    needed: Iterable[Symbol], libraries: Iterable[Library]
) -> dict[str, tuple[Symbol, ...]]:
    """The needed symbols of each library by SONAME, sorted; of no library's, none."""
    wanted = sorted(needed, key=lambda symbol: (symbol.name, symbol.version))
    result = {}
    for library in libraries:
        own = symbols(library.replaces, defined=True)
        result[library.soname] = tuple(
            symbol for symbol in wanted if symbol in own or _named(symbol, library)
        )
    return result


def build(soname: str, own: Iterable[Symbol], target: Path, scratch: Path) -> None:
    """Compile the stand-in of one library. Raises `BuildError`."""
    own = tuple(own)
    assembler, c_source, script = (scratch / f"stand-in.{kind}" for kind in ("s", "c", "map"))
    assembler.write_text(source(own))
    c_source.write_text(_ABORT.format(library=soname, document=DOCUMENT))
    script.write_text(version_script(own))
    options = ["-shared", "-fPIC", "-s", f"-Wl,-soname,{soname}", f"-Wl,--version-script={script}"]
    run(["gcc", *options, "-o", target, assembler, c_source])


def source(own: Iterable[Symbol]) -> str:
    """Assembler text of the symbols."""
    lines = [line for symbol in own for line in _definition(symbol.name)]
    return "\n".join([*lines, '.section .note.GNU-stack,"",@progbits', ""])


def version_script(own: Iterable[Symbol]) -> str:
    """Linker script that gives each symbol its version."""
    by_version: dict[str, list[str]] = {}
    for symbol in own:
        by_version.setdefault(symbol.version, []).append(f"{symbol.name};")
    return "".join(
        f"{version} {{ global: {' '.join(names)} }};\n".lstrip()
        for version, names in by_version.items()
    )


def document(own: Mapping[str, tuple[Symbol, ...]], others: Iterable[str]) -> str:
    """What the image says about its stand-ins; `others` are lines on those that are no library."""
    lines = ["NVIDIA libraries: stand-ins, no GPU.", ""]
    lines += ["These libraries only load; a call of one of their functions ends the process with"]
    lines += ["the function's name. No such call happens on a CPU.", ""]
    lines += [f"  {soname}: {len(names)} symbols" for soname, names in own.items()]
    return "\n".join([*lines, "", *others, ""])


def _named(symbol: Symbol, library: Library) -> bool:
    if symbol.version:
        return symbol.version == library.soname
    return bool(library.prefix) and symbol.name.startswith(library.prefix)


def _definition(name: str) -> list[str]:
    if name.startswith("_ZTI"):
        return _type_information(name)
    if name.startswith("_ZTV"):
        return _virtual_table(name)
    return _variable(name) if name in _VARIABLES else _function(name)


def _function(name: str, *, local: str = "") -> list[str]:
    label = local or name
    lines = [".text"] if local else [".text", f".globl {name}", f".type {name},@function"]
    lines += [f"{label}: leaq .Lname.{name}(%rip),%rdi", "jmp stand_in_called"]
    return [*lines, ".section .rodata", f'.Lname.{name}: .string "{name}"']


def _variable(name: str) -> list[str]:
    lines = [".text", f".globl {name}", f".type {name},@function"]
    lines += [f"{name}: leaq .Lslot.{name}(%rip),%rax", "ret", ".data", ".balign 16"]
    return [*lines, f".Lslot.{name}: .zero {_VARIABLE_BYTES}"]


def _virtual_table(name: str) -> list[str]:
    lines = [".data", ".balign 8", f".globl {name}", f".type {name},@object"]
    lines += [f"{name}: .quad 0, 0", f".rept {_VIRTUAL_METHODS}", f".quad .Lcall.{name}", ".endr"]
    lines += [f".size {name}, . - {name}"]
    return [*lines, *_function(name, local=f".Lcall.{name}")]


def _type_information(name: str) -> list[str]:
    """A class without bases; its name must be right, type maps compare it."""
    lines = [".data", ".balign 8", f".globl {name}", f".type {name},@object"]
    lines += [f"{name}: .quad _ZTVN10__cxxabiv117__class_type_infoE+16, .Lname.{name}"]
    lines += [f".size {name}, 16", ".section .rodata"]
    return [*lines, f'.Lname.{name}: .string "{name.removeprefix("_ZTI")}"']
