"""The lab's model: weights that a Python package carries as GGUF, as a Hugging Face directory."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from lab.bundle import rootfs
from lab.bundle.builder import BuildError, Recipe, Work, run
from lab.bundle.catalogue import LOCKS, Catalogue, Part
from lab.bundle.engine import CONTENT
from lab.bundle.golang import UV

ENGINE_PART = "sglang-cpu"
LIST = "SHA256SUMS"
_CONVERTER = CONTENT / "convert_gguf.py"
# Inside the engine's root filesystem.
_SOURCE, _MODEL = "opt/source", "opt/model"


def recipe(name: str, catalogue: Catalogue) -> Recipe:
    """Recipe of a model; it is converted inside the engine's image, by its transformers."""
    here, part = Path(__file__), catalogue.part(name)
    engine = catalogue.part(ENGINE_PART)
    return Recipe(
        build=lambda work: build_model(work, engine),
        needs=(ENGINE_PART,),
        sources=(here, here.with_name("rootfs.py"), _CONVERTER, LOCKS / part["lock"]),
    )


def build_model(work: Work, engine: Part) -> None:
    """Leave the model's directory, with the SHA-256 list of its files, as `work.output/model`."""
    root = work.scratch / "root"
    root.mkdir()
    storage = work.needs[ENGINE_PART] / "registry"
    environment = rootfs.unpack_image(
        storage, root, image=str(engine["image"]), tag=str(engine["tag"])
    )
    gguf = fetch(work, root / _SOURCE)
    work.report(f"conversion of {gguf.name}")
    python_path = f"{environment['PYTHONPATH']}:/{_SOURCE}"
    rootfs.run_in(
        root,
        ["python3", "-W", "ignore", "-", f"/{gguf.relative_to(root)}", f"/{_MODEL}"],
        environment={**environment, "PYTHONPATH": python_path},
        stdin=_CONVERTER.read_bytes(),
    )
    publish(root / _MODEL, work.output / "model")
    check(work.output / "model", str(work.part["digest"]))


def fetch(work: Work, source: Path) -> Path:
    """Install the packages of the part's lock in `source`; return the GGUF file among them."""
    work.report("uv pip install of the model's package")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", source]
    install = [UV, "--quiet", "pip", "install", "-r", work.locks / work.part["lock"], *options]
    run(install, env={"UV_CACHE_DIR": str(work.scratch / "uv")})
    found = sorted(source.rglob("*.gguf"))
    if len(found) != 1:
        raise BuildError(
            f"part {work.name}: {len(found)} GGUF files in the packages of {work.part['lock']}, "
            "needed 1; check the package's version in catalogue/parts.yml"
        )
    return found[0]


def publish(converted: Path, target: Path) -> None:
    """Move the converted files to `target`, readable by all, and write their SHA-256 list."""
    if not (converted / "model.safetensors.index.json").exists():
        raise BuildError(f"model {converted}: no index of its shards; see {_CONVERTER.name}")
    shutil.move(converted, target)
    target.chmod(0o755)
    for path in target.iterdir():
        path.chmod(0o644)
    (target / LIST).write_text(checksums(target))


def check(directory: Path, pinned: str) -> None:
    """Raise BuildError unless the SHA-256 list of a model has the digest of the catalogue."""
    found = hashlib.sha256((directory / LIST).read_bytes()).hexdigest()
    if found != pinned:
        raise BuildError(
            f"model {directory}: {LIST} has SHA-256 {found}, catalogue/parts.yml pins {pinned}; "
            "find out which file differs, and pin the new digest only if the change is wanted"
        )


def checksums(directory: Path) -> str:
    """Lines as `sha256sum` writes them, of all files of a directory but the list, by name."""
    lines = []
    for path in sorted(directory.iterdir()):
        if path.name != LIST:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            lines.append(f"{digest}  {path.name}\n")
    return "".join(lines)
