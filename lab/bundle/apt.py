"""Signed apt repositories: a bundle's, with suite `stable` and component `main`, and flat ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from lab.bundle.builder import run

SUITE = "stable"
COMPONENT = "main"
_SIGNER = "baremetal.sglang bundle"


def build_repository(root: Path, packages: Iterable[Path], keys: Path) -> None:
    """Make the repository `root` of hard links to `packages`, signed with the key in `keys`.

    The key is generated when `keys` does not exist; its public half is `root/key.asc`.
    """
    pool = root / "pool"
    lists = root / "dists" / SUITE / COMPONENT / "binary-amd64"
    pool.mkdir(parents=True)
    lists.mkdir(parents=True)
    # Two parts may both bring what they need: the same file of the archive.
    for name, package in {pool_name(package.name): package for package in packages}.items():
        os.link(package, pool / name)
    (lists / "Packages").write_text(run(["apt-ftparchive", "packages", "pool"], cwd=root))
    run(["gzip", "-kn", lists / "Packages"])
    fields = {"Suite": SUITE, "Codename": SUITE, "Architectures": "amd64", "Components": COMPONENT}
    place = root / "dists" / SUITE
    _write_release(place, fields)
    _sign(place, root / "key.asc", keys)


def build_flat_repository(root: Path, keys: Path) -> None:
    """Make a repository of the packages in `root` itself, as NVIDIA's are, signed as above."""
    (root / "Packages").write_text(run(["apt-ftparchive", "packages", "."], cwd=root))
    _write_release(root, {"Architectures": "amd64"})
    _sign(root, root / "key.asc", keys)


def pool_name(name: str) -> str:
    """File name of a package in a pool: without the epoch, as in Debian's own."""
    package, _, rest = name.partition("_")
    _, epoch, version = rest.partition("%3a")
    return f"{package}_{version}" if epoch else name


def _write_release(place: Path, fields: Mapping[str, str]) -> None:
    every = {"Origin": _SIGNER, "Label": _SIGNER, **fields}
    options = [f"-oAPT::FTPArchive::Release::{name}={value}" for name, value in every.items()]
    options += ["-oAPT::FTPArchive::MD5=false", "-oAPT::FTPArchive::SHA1=false"]
    text = run(["apt-ftparchive", *options, "release", place])
    (place / "Release").write_text(text)


def _sign(place: Path, public: Path, keys: Path) -> None:
    gpg = ["gpg", "--batch", "--yes", "--homedir", str(keys)]
    try:
        if not (keys / "pubring.kbx").exists():
            keys.mkdir(mode=0o700, parents=True, exist_ok=True)
            generate = ["--passphrase", "", "--quick-generate-key", _SIGNER, "ed25519", "sign"]
            run([*gpg, *generate, "never"])
        release = place / "Release"
        run([*gpg, "--clearsign", "--output", place / "InRelease", release])
        run([*gpg, "--detach-sign", "--armor", "--output", place / "Release.gpg", release])
        public.write_text(run([*gpg, "--armor", "--export", _SIGNER]))
    finally:
        run(["gpgconf", "--homedir", keys, "--kill", "all"])
