"""What goes into the engine's image and what is left out."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from lab.bundle import engine

PART = {"lock": "engine.txt", "tag": "v0", "python": "3.13"}


def test_the_key_depends_on_the_lock_and_on_each_file_that_goes_into_the_image() -> None:
    recipe = engine.recipe("sglang-cpu", PART)
    names = {path.name for path in recipe.sources}
    assert recipe.needs == ("engine-root",)
    assert {"engine.txt", "engine.py", "standins.py", "rootfs.py", "oci.py"} <= names
    assert {"import_rank.py", "sitecustomize.py", "__init__.py"} <= names
    assert all(path.is_file() for path in recipe.sources)


def test_what_only_a_gpu_or_a_developer_opens_is_left_out(tmp_path: Path) -> None:
    kept = ["torch/bin/torch_shm_manager", "tritonclient/__init__.py", "nvidia/cu13/lib/cudart.so"]
    left = ["torch/bin/ptxas", "torch/bin/protoc-3", "torch/include/a.h", "triton/__init__.py"]
    left += ["triton-3.6.0.dist-info/METADATA", "nvidia/cu13/include/a.h", "bin/torchrun"]
    for name in (*kept, *left):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "torch/lib").mkdir()
    for name in ("libtorch_cpu.so", "libtorch_python.so"):
        source = tmp_path / "source.c"
        source.write_text(
            "static int inner(void) { return 1; } int outer(void) { return inner(); }"
        )
        library = tmp_path / "torch/lib" / name
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    source.unlink()
    before = library.stat().st_size

    engine.leave_out(tmp_path)

    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {*kept, "torch/lib/libtorch_cpu.so", "torch/lib/libtorch_python.so"}
    assert library.stat().st_size < before


def test_the_user_that_torch_looks_up_exists_with_a_home_that_can_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    (tmp_path / "etc/group").write_text("root:x:0:\n")
    engine.add_content(tmp_path)
    assert (tmp_path / "etc/passwd").read_text().splitlines() == [
        "root:x:0:0:root:/root:/bin/bash",
        "nonroot:x:65532:65532:nonroot:/tmp:/usr/sbin/nologin",
    ]
    assert (tmp_path / "etc/group").read_text().splitlines()[-1] == "nonroot:x:65532:"
    assert (tmp_path / "opt/sglang-cpu/sgl_kernel/__init__.py").is_file()


def test_the_environment_tells_sglang_that_there_is_no_gpu() -> None:
    assert engine.ENVIRONMENT["SGLANG_USE_CPU_ENGINE"] == "1"
    assert not Path(engine.ENVIRONMENT["SGLANG_NCCL_SO_PATH"]).exists()
    assert engine.ENVIRONMENT["PYTHONPATH"] == f"/{engine.SHIM}"


def test_any_kernel_can_be_imported_and_none_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(engine.CONTENT / "python"))
    kernels = importlib.import_module("sgl_kernel")
    assert kernels.weight_packed_linear.__name__ == "weight_packed_linear"
    with pytest.raises(NotImplementedError, match=r"sgl_kernel\.weight_packed_linear was called"):
        kernels.weight_packed_linear(1, 2)
    with pytest.raises(AttributeError):
        _ = kernels.__path_of_another_kind__
    del sys.modules["sgl_kernel"]


@pytest.mark.parametrize(("installed", "expected"), [(True, "stub\n"), (False, "none\n")])
def test_python_starts_with_sglangs_triton_stub_when_sglang_is_there(
    tmp_path: Path, installed: bool, expected: str
) -> None:
    if installed:
        (tmp_path / "sglang").mkdir()
        (tmp_path / "sglang" / "_triton_stub.py").write_text(
            "import sys, types\n"
            "def install():\n"
            "    sys.modules['triton'] = types.SimpleNamespace(kind='stub')\n"
        )
    code = "import sys; print(getattr(sys.modules.get('triton'), 'kind', 'none'))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{engine.CONTENT / 'python'}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.stderr) == (expected, "")
