"""What the linker is told, and that every module of the catalogue has a row."""

from __future__ import annotations

from lab.bundle.catalogue import load
from lab.bundle.golang import GoBuild
from lab.bundle.golang_c import DynamicC
from lab.bundle.sources import SOURCES


def test_every_module_of_the_catalogue_has_a_row_and_no_other() -> None:
    modules = {part["module"] for part in load().parts.values() if part["kind"] == "source"}
    assert modules == set(SOURCES)


def test_kubernetes_gets_its_version_in_both_packages() -> None:
    variables = SOURCES["k8s.io/kubernetes"].variables("1.98.7")
    assert variables["k8s.io/component-base/version.gitVersion"] == "v1.98.7"
    assert variables["k8s.io/client-go/pkg/version.gitMinor"] == "98"


def test_linker_drops_symbols_and_sets_variables() -> None:
    assert GoBuild(variables={"a.B": "v1"}).linker_flags() == ["-s", "-w", "-X a.B=v1"]


def test_static_c_is_linked_by_the_c_linker() -> None:
    assert GoBuild(static_c=True).linker_flags() == [
        *("-s", "-w", "-linkmode external", "-extldflags -static")
    ]


def test_c_that_opens_a_library_of_its_host_is_linked_dynamically() -> None:
    build = DynamicC(variables={"a.B": "v1"})
    assert build.static_c, "C is compiled"
    assert build.linker_flags() == ["-s", "-w", "-X a.B=v1", "-extldflags=-Wl,-z,lazy"]
