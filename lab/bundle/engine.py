"""The image of SGLang for CPUs, and what in it is a stand-in; `engine/` holds files for it.

SGLang's wheel is unmodified. Two layers: Debian's Python, then the packages of the lock file with
what no rank on a CPU opens left out. The image's /usr/share/doc/baremetal-sglang/STAND-INS says
what stands in for what.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from lab.bundle import oci, rootfs, standins
from lab.bundle.builder import Recipe, Work, run
from lab.bundle.catalogue import LOCKS, Part
from lab.bundle.golang import UV
from lab.bundle.images import NONROOT, PATH

ROOT_PART = "engine-root"
SHIM = "opt/sglang-cpu"
CONTENT = Path(__file__).with_name("engine")

# How SGLang has to be told that there is no GPU and no network; all but PATH and HOME are names
# of SGLang, Hugging Face and PyTorch. With a NCCL library SGLang would make CUDA communicators.
ENVIRONMENT: Mapping[str, str] = {
    "PATH": PATH,
    "HOME": "/tmp",  # noqa: S108  the only place that a pod with a read-only root can write to
    "PYTHONPATH": f"/{SHIM}",
    "SGLANG_USE_CPU_ENGINE": "1",
    "HF_HUB_OFFLINE": "1",
    "TORCHDYNAMO_DISABLE": "1",
    "SGLANG_NCCL_SO_PATH": "/nonexistent/libnccl.so",
}

# Torch's CUDA half, replaced by one stand-in, and what only that half opens.
_CUDA_HALF = ("libtorch_cuda.so", "libtorch_nvshmem.so")
_CUDA_PLUGINS = ("libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so")

# Left out of the packages: nothing that a rank imports or opens.
_UNOPENED = (
    "bin",  # console scripts of the builder's Python
    "jedi/third_party",  # type stubs for completion in a Python shell
    "nvidia/cu*/include",
    "torch/bin/protoc*",
    "torch/bin/ptxas",  # assembler of GPU code
    "torch/include",
    "triton",
    "triton-*.dist-info",  # else packages take Triton for installed
)
_STRIPPED = ("torch/lib/libtorch_cpu.so", "torch/lib/libtorch_python.so")
_OTHER_STAND_INS = (
    "sgl_kernel is a Python module whose functions raise: SGLang's kernels for CPUs need AMX.",
    "triton is SGLang's own sglang/_triton_stub.py, which SGLang itself uses on macOS only.",
    "libcudart is NVIDIA's own; it finds no driver.",
)


def recipe(name: str, part: Part) -> Recipe:
    """Recipe of the engine's image; its Debian root is the part `engine-root`."""
    del name
    here = Path(__file__)
    builders = (here, *(here.with_name(f"{name}.py") for name in ("oci", "rootfs", "standins")))
    content = sorted(path for path in CONTENT.rglob("*") if path.suffix == ".py")
    return Recipe(
        build=build_image,
        needs=(ROOT_PART,),
        sources=(*builders, *content, LOCKS / part["lock"]),
    )


def build_image(work: Work) -> None:
    """Leave the image as the OCI layout `work.output/oci`, its layers compressed with zstd."""
    root, base = work.scratch / "root", work.needs[ROOT_PART] / "files/root.tar"
    root.mkdir()
    run(["tar", "-C", root, "-xpf", base])
    packages = install_packages(work, root)
    stand_in(packages, root, work.scratch)
    leave_out(packages)
    add_content(root)
    compile_imported(work, root)
    layer = work.scratch / "layer.tar"
    added = [str(packages.relative_to(root)), SHIM, standins.DOCUMENT, "etc/passwd", "etc/group"]
    rootfs.archive(root, layer, added)
    pack(work, (base, layer))


def install_packages(work: Work, root: Path) -> Path:
    """Install the lock file's packages for the root's Python; return their directory."""
    work.report("uv pip install of the engine's packages")
    python = str(work.part["python"])
    packages = root / f"usr/local/lib/python{python}/dist-packages"
    options = ["--python-version", python, "--python-platform", str(work.part["platform"])]
    options += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    install = [UV, "--quiet", "pip", "install", "-r", work.locks / work.part["lock"], *options]
    install += ["--target", packages]
    run(install, env={"UV_CACHE_DIR": str(work.scratch / "uv")})
    # Files of the cache are hard links of those that were installed.
    shutil.rmtree(work.scratch / "uv")
    return packages


def stand_in(packages: Path, root: Path, scratch: Path) -> None:
    """Put stand-ins beside torch's libraries for those that only a GPU needs."""
    torch = packages / "torch/lib"
    gone = tuple(torch / name for name in (*_CUDA_HALF, *_CUDA_PLUGINS))
    libraries = (
        standins.Library("libtorch_cuda.so", replaces=gone[: len(_CUDA_HALF)]),
        standins.Library("libcudnn.so.9"),
        standins.Library("libcufile.so.0", prefix="cuFile"),
        standins.Library("libcupti.so.13"),
    )
    staying = [
        path
        for pattern in ("torch/lib/*.so", "torch/*.so", "torchvision/*.so")
        for path in packages.glob(pattern)
        if path not in gone
    ]
    own = standins.attribute(standins.symbols(staying, defined=False), libraries)
    for path in gone:
        path.unlink()
    for soname, symbols in own.items():
        standins.build(soname, symbols, torch / soname, scratch)
    document = root / standins.DOCUMENT
    document.parent.mkdir(parents=True)
    document.write_text(standins.document(own, _OTHER_STAND_INS))


def leave_out(packages: Path) -> None:
    """Delete what no rank opens, and symbol tables that only a debugger reads."""
    for pattern in _UNOPENED:
        for path in packages.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    run(["strip", "--strip-unneeded", *(packages / name for name in _STRIPPED)])


def add_content(root: Path) -> None:
    """Add the Python modules of `engine/python` and the user, whom torch looks up by name."""
    shutil.copytree(CONTENT / "python", root / SHIM, ignore=shutil.ignore_patterns("__pycache__"))
    user, group = NONROOT.split(":")
    with (root / "etc/passwd").open("a") as users:
        users.write(f"nonroot:x:{user}:{group}:nonroot:{ENVIRONMENT['HOME']}:/usr/sbin/nologin\n")
    with (root / "etc/group").open("a") as groups:
        groups.write(f"nonroot:x:{group}:\n")


def compile_imported(work: Work, root: Path) -> None:
    """Let Python keep the byte code of what a rank imports: it cannot in a read-only root.

    Byte code is valid for a file's time stamp, so the files get their final one first.
    """
    work.report("byte code of the modules that a rank imports")
    rootfs.fix_times(root / "usr/local")
    rootfs.fix_times(root / SHIM)
    script = (CONTENT / "import_rank.py").read_bytes()
    rootfs.run_in(root, ["python3", "-W", "ignore", "-"], environment=ENVIRONMENT, stdin=script)


def pack(work: Work, layers: tuple[Path, ...]) -> None:
    """Make the OCI layout of the layers, which are given as tar archives."""
    work.report("compression of the layers")
    tag, first = str(work.part["tag"]), work.scratch / "oci"
    oci.new_layout(first, tag)
    for layer in layers:
        oci.add_layer(first, tag, layer)
    oci.write_config(first, tag, oci.Config(user=NONROOT, environment=ENVIRONMENT))
    # umoci knows gzip only; zstd takes a fifth less space and unpacks several times faster.
    compress = ["--dest-compress-format", "zstd", "--dest-compress-level", "9"]
    images = (f"oci:{directory}:{tag}" for directory in (first, work.output / "oci"))
    run(["skopeo", "copy", "--quiet", *compress, *images])
