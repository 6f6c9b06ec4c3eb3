"""The catalogue holds together: fields of each kind, versions that agree, sets of known parts."""

from __future__ import annotations

import pytest

from lab.bundle.catalogue import LOCKS, load

CATALOGUE = load()
COMMON = {"kind", "version", "upstream", "licence"}
FIELDS = {
    "source": {"module", "lock", "programs"},
    "deb": {"source"},
    "debian": {"suite", "packages", "use"},
    "image": {"image", "tag"},
    "chart": {"chart", "source", "images"},
    "model": {"directory", "digest", "lock"},
    "python": {"use", "lock"},
    "driver": {"fabric_manager", "distributions"},
    "toolkit": {"repository", "key", "fingerprint", "packages"},
}
PARTS = pytest.mark.parametrize("name", CATALOGUE.parts)


@PARTS
def test_part_has_the_fields_of_its_kind(name: str) -> None:
    part = CATALOGUE.part(name)
    assert not (COMMON | FIELDS[part["kind"]]) - set(part)


@PARTS
def test_version_is_exact(name: str) -> None:
    version = str(CATALOGUE.part(name)["version"])
    assert version[0].isdigit()
    assert not set("*<>=^ ").intersection(version)


@PARTS
def test_lock_of_a_part_is_committed(name: str) -> None:
    part = CATALOGUE.part(name)
    assert "lock" not in part or (LOCKS / part["lock"]).exists()


@PARTS
def test_part_is_made_from_known_parts(name: str) -> None:
    part = CATALOGUE.part(name)
    made_from = [part[key] for key in ("source", "runc") if key in part]
    made_from += part.get("images", [])
    assert [other for other in made_from if other not in CATALOGUE.parts] == []


@pytest.mark.parametrize(
    "name", [name for name, part in CATALOGUE.parts.items() if part["kind"] == "deb"]
)
def test_deb_has_the_version_of_its_source_and_a_revision(name: str) -> None:
    part = CATALOGUE.part(name)
    source = CATALOGUE.part(part["source"])["version"]
    assert str(part["version"]).startswith(f"{source}-")


@pytest.mark.parametrize(
    "name",
    [name for name, part in CATALOGUE.parts.items() if part["kind"] in ("image", "chart")],
)
def test_image_or_chart_has_the_version_of_its_source(name: str) -> None:
    part = CATALOGUE.part(name)
    if "source" in part and name != "pause":  # pause has a version of its own within Kubernetes
        assert str(part["version"]) == CATALOGUE.part(part["source"])["version"]


@pytest.mark.parametrize(
    "name", [name for name, part in CATALOGUE.parts.items() if part["kind"] == "image"]
)
def test_tag_holds_the_version(name: str) -> None:
    part = CATALOGUE.part(name)
    assert str(part["version"]) in str(part["tag"])
    assert part["tag"] != "latest"


@pytest.mark.parametrize("name", CATALOGUE.sets)
def test_set_names_each_known_part_once(name: str) -> None:
    members = CATALOGUE.of_set(name)
    assert sorted(set(members)) == sorted(members)
    assert [member for member in members if member not in CATALOGUE.parts] == []


def test_core_holds_what_a_chart_deploys() -> None:
    core = CATALOGUE.of_set("core")
    charts = [name for name in core if CATALOGUE.part(name)["kind"] == "chart"]
    images = {image for chart in charts for image in CATALOGUE.part(chart)["images"]}
    assert charts
    assert images <= set(core)
