"""Lock files agree with the catalogue, and name no address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.bundle.cache import cache_root
from lab.bundle.catalogue import LOCKS, load
from lab.bundle.lock import differences, go_lock_key, python_pins, tools_file, write_locks

CATALOGUE = load()
SOURCES = [name for name, part in CATALOGUE.parts.items() if part["kind"] == "source"]
PYTHON = sorted(python_pins(CATALOGUE.parts))


@pytest.mark.parametrize("name", SOURCES)
def test_go_lock_requires_the_version_of_the_catalogue(name: str) -> None:
    part = CATALOGUE.part(name)
    text = (LOCKS / part["lock"] / "go.mod").read_text()
    assert re.search(rf"(?m)^(require|\t) ?{re.escape(part['module'])} v{part['version']}$", text)


@pytest.mark.parametrize("name", SOURCES)
def test_go_lock_holds_the_checksum_of_the_module(name: str) -> None:
    part = CATALOGUE.part(name)
    text = (LOCKS / part["lock"] / "go.sum").read_text()
    assert f"{part['module']} v{part['version']} h1:" in text


@pytest.mark.parametrize("name", SOURCES)
def test_go_lock_keeps_every_program(name: str) -> None:
    part = CATALOGUE.part(name)
    assert (LOCKS / part["lock"] / "tools.go").read_text() == tools_file(part)


@pytest.mark.parametrize("lock", PYTHON)
def test_python_lock_pins_the_versions_of_the_catalogue(lock: str) -> None:
    text = (LOCKS / lock).read_text().lower()
    pins = python_pins(CATALOGUE.parts)[lock]
    assert [pin for pin in pins if f"{pin.lower()} " not in text] == []


@pytest.mark.parametrize("lock", [path.name for path in sorted(LOCKS.glob("*.txt"))])
def test_lock_names_no_address(lock: str) -> None:
    assert "://" not in (LOCKS / lock).read_text()


@pytest.mark.parametrize("lock", PYTHON)
def test_python_lock_has_a_checksum_for_every_package(lock: str) -> None:
    lines = (LOCKS / lock).read_text().splitlines()
    packages = [number for number, line in enumerate(lines) if "==" in line]
    assert packages
    assert all("--hash=sha256:" in lines[number + 1] for number in packages)


def test_machine_list_is_made_from_the_catalogue(tmp_path: Path) -> None:
    write_locks(tmp_path, ["builder-packages.txt"])
    assert differences(tmp_path, LOCKS) == []


@pytest.mark.slow
def test_locks_of_python_packages_regenerate_to_the_same_bytes(tmp_path: Path) -> None:
    names = [path.name for path in LOCKS.glob("*.txt")]
    write_locks(tmp_path, names)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert differences(tmp_path, LOCKS) == []


@pytest.mark.slow
def test_locks_of_go_modules_regenerate_to_the_same_bytes(tmp_path: Path) -> None:
    """Gigabytes of modules are downloaded, so what was found the same is remembered by content."""
    known = cache_root() / "locks"
    keys = {CATALOGUE.part(name)["lock"]: go_lock_key(CATALOGUE.part(name)) for name in SOURCES}
    left = {lock: key for lock, key in keys.items() if not (known / key).exists()}
    write_locks(tmp_path, left)
    assert differences(tmp_path, LOCKS) == []
    known.mkdir(parents=True, exist_ok=True)
    for key in left.values():
        (known / key).touch()


def test_a_lock_of_go_modules_is_made_again_once_anything_of_it_differs() -> None:
    part = CATALOGUE.part(SOURCES[0])
    assert go_lock_key(part) == go_lock_key(dict(part))
    assert go_lock_key(part) != go_lock_key({**part, "version": "0.0.1"})
    assert len({go_lock_key(CATALOGUE.part(name)) for name in SOURCES}) == len(SOURCES)
