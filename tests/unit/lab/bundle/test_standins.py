"""A stand-in loads in the place of a library and names what was called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.bundle import standins
from lab.bundle.standins import Library, Symbol

GIL_CHECKER = "_ZN4c10d15get_gil_checkerEv"

# A library of CUDA's kind, and what is linked to it.
VENDOR = """
int half(int value) { return value / 2; }
int unused(int value) { return value; }
"""
VERSIONED = "int versioned(int value) { return value + 1; }"
USER = """
int half(int); int versioned(int); int vendorCall(int); double cos(double);
int ask(int value) { return half(value) + versioned(value) + vendorCall(value) + (int) cos(value); }
int safe(void) { return 7; }
"""


def compile_library(target: Path, text: str, *options: str) -> Path:
    source = target.with_suffix(".c")
    source.write_text(text)
    command = ["gcc", "-shared", "-fPIC", "-o", str(target), str(source), *options]
    subprocess.run(command, check=True)
    return target


@pytest.fixture
def libraries(tmp_path: Path) -> dict[str, Path]:
    """`user` needs `half` of libvendor.so, `versioned` of libversioned.so.1 and `vendorCall`."""
    script = tmp_path / "versions.map"
    script.write_text("libversioned.so.1 { global: versioned; };")
    vendor = compile_library(tmp_path / "libvendor.so", VENDOR, "-Wl,-soname,libvendor.so")
    versioned = compile_library(
        tmp_path / "libversioned.so.1",
        VERSIONED,
        "-Wl,-soname,libversioned.so.1",
        f"-Wl,--version-script={script}",
    )
    user = compile_library(
        tmp_path / "libuser.so", USER, str(vendor), str(versioned), f"-Wl,-rpath,{tmp_path}"
    )
    return {"vendor": vendor, "versioned": versioned, "user": user}


def wanted(libraries: dict[str, Path]) -> dict[str, tuple[Symbol, ...]]:
    needed = standins.symbols([libraries["user"]], defined=False)
    return standins.attribute(
        needed,
        (
            Library("libvendor.so", prefix="vendor", replaces=(libraries["vendor"],)),
            Library("libversioned.so.1"),
        ),
    )


def test_a_stand_in_has_the_symbols_that_are_needed_and_no_others(
    libraries: dict[str, Path],
) -> None:
    assert wanted(libraries) == {
        "libvendor.so": (Symbol("half"), Symbol("vendorCall")),
        "libversioned.so.1": (Symbol("versioned", "libversioned.so.1"),),
    }


def load_user(tmp_path: Path, code: str) -> subprocess.CompletedProcess[str]:
    load = f"import ctypes, os; user = ctypes.CDLL({str(tmp_path / 'libuser.so')!r}, os.RTLD_NOW)"
    return subprocess.run(
        [sys.executable, "-c", f"{load}\n{code}"], capture_output=True, text=True, check=False
    )


def test_a_library_loads_over_stand_ins_and_a_call_ends_the_process_by_name(
    libraries: dict[str, Path], tmp_path: Path
) -> None:
    for soname, own in wanted(libraries).items():
        (tmp_path / soname).unlink()
        standins.build(soname, own, tmp_path / soname, tmp_path)

    assert load_user(tmp_path, "print(user.safe())").stdout == "7\n"

    called = load_user(tmp_path, "user.ask(4)")
    assert called.returncode == -6
    assert called.stderr == (
        "libvendor.so: half was called: a stand-in, this image has no GPU "
        "(/usr/share/doc/baremetal-sglang/STAND-INS)\n"
    )


def test_without_its_libraries_the_user_does_not_load(
    libraries: dict[str, Path], tmp_path: Path
) -> None:
    libraries["versioned"].unlink()
    assert "libversioned.so.1" in load_user(tmp_path, "").stderr


def test_type_information_keeps_the_name_of_its_class(tmp_path: Path) -> None:
    target = tmp_path / "libtypes.so"
    standins.build("libtypes.so", [Symbol("_ZTIN4c10d4NcclE")], target, tmp_path)
    code = (
        "import ctypes\n"
        "ctypes.CDLL('libstdc++.so.6', ctypes.RTLD_GLOBAL)\n"
        f"types = ctypes.CDLL({str(target)!r})\n"
        "info = (ctypes.c_void_p * 2).in_dll(types, '_ZTIN4c10d4NcclE')\n"
        "print(ctypes.string_at(info[1]).decode())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.stdout == b"N4c10d4NcclE\n"


def test_a_variable_of_a_stand_in_holds_what_is_stored_in_it(tmp_path: Path) -> None:
    target = tmp_path / "libslot.so"
    standins.build("libslot.so", [Symbol(GIL_CHECKER)], target, tmp_path)
    code = (
        "import ctypes\n"
        f"slot = getattr(ctypes.CDLL({str(target)!r}), {GIL_CHECKER!r})\n"
        "slot.restype = ctypes.POINTER(ctypes.c_int)\n"
        "slot()[0] = 42\n"
        "print(slot()[0])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.stdout == b"42\n"


def test_a_method_of_a_stand_in_class_ends_the_process_by_name(tmp_path: Path) -> None:
    target = tmp_path / "libclass.so"
    standins.build("libclass.so", [Symbol("_ZTV4Nccl")], target, tmp_path)
    code = (
        "import ctypes\n"
        f"table = (ctypes.c_void_p * 8).in_dll(ctypes.CDLL({str(target)!r}), '_ZTV4Nccl')\n"
        "ctypes.CFUNCTYPE(None)(table[5])()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.returncode == -6
    assert b"libclass.so: _ZTV4Nccl was called" in result.stderr


def test_each_version_has_a_block_of_its_symbols() -> None:
    own = [Symbol("a", "lib.so.1"), Symbol("b", "lib.so.2"), Symbol("c", "lib.so.1")]
    assert standins.version_script(own) == (
        "lib.so.1 { global: a; c; };\nlib.so.2 { global: b; };\n"
    )
    assert standins.version_script([Symbol("a")]) == "{ global: a; };\n"


def test_the_document_lists_each_stand_in() -> None:
    text = standins.document({"libvendor.so": (Symbol("half"),)}, ["triton is a stub."])
    assert text.splitlines()[0] == "NVIDIA libraries: stand-ins, no GPU."
    assert "  libvendor.so: 1 symbols" in text.splitlines()
    assert text.endswith("\ntriton is a stub.\n")
