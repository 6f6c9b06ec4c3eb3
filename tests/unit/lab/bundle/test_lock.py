"""How a go.mod is made from the go.mod of a module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.bundle.lock import differences, go_module, python_pins, tools_file

PART = {
    "kind": "source",
    "version": "1.98.7",
    "module": "k8s.io/kubernetes",
    "lock": "go/kubernetes",
    "programs": {"kubelet": "k8s.io/kubernetes/cmd/kubelet", "ctl": "k8s.io/ctl"},
}


def test_staged_replacement_becomes_the_published_module() -> None:
    upstream = {
        "Go": "1.26.0",
        "Require": [{"Path": "k8s.io/api", "Version": "v0.0.0"}],
        "Replace": [{"Old": {"Path": "k8s.io/api"}, "New": {"Path": "./staging/src/k8s.io/api"}}],
    }
    assert go_module(PART, upstream) == (
        "module bundle/kubernetes\n\ngo 1.26.0\n\n"
        "require k8s.io/kubernetes v1.98.7\n"
        "replace k8s.io/api => k8s.io/api v0.98.7\n"
    )


def test_replacement_by_a_directory_of_a_released_module_is_dropped() -> None:
    upstream = {
        "Go": "1.24.0",
        "Require": [{"Path": "go.etcd.io/etcd/api/v3", "Version": "v3.98.8"}],
        "Replace": [{"Old": {"Path": "go.etcd.io/etcd/api/v3"}, "New": {"Path": "../api"}}],
    }
    assert "replace" not in go_module(PART, upstream)


def test_replacement_by_another_module_is_kept() -> None:
    upstream = {
        "Go": "1.24.0",
        "Replace": [{"Old": {"Path": "a.org/x"}, "New": {"Path": "b.org/x", "Version": "v1.2.3"}}],
    }
    assert "replace a.org/x => b.org/x v1.2.3\n" in go_module(PART, upstream)


def test_godebug_of_the_module_is_kept() -> None:
    upstream = {"Go": "1.26.0", "GoDebug": [{"Key": "default", "Value": "go1.26"}]}
    assert "godebug default=go1.26\n" in go_module(PART, upstream)


def test_other_modules_of_the_repository_get_the_same_version() -> None:
    text = go_module({**PART, "also": ["k8s.io/ctl"]}, {"Go": "1.26.0"})
    assert "require k8s.io/ctl v1.98.7\n" in text


def test_tools_file_imports_the_programs_in_order() -> None:
    assert tools_file(PART) == (
        "//go:build tools\n\npackage tools\n\nimport (\n"
        '\t_ "k8s.io/ctl"\n\t_ "k8s.io/kubernetes/cmd/kubelet"\n)\n'
    )


def test_python_pin_uses_the_name_of_the_package() -> None:
    parts = {
        "kubernetes-client": {
            "kind": "python",
            "use": "controller",
            "lock": "controller.txt",
            "package": "kubernetes",
            "version": "98.0.2",
        },
        "torch": {"kind": "python", "use": "engine", "lock": "engine.txt", "version": "1"},
    }
    assert python_pins(parts) == {"controller.txt": ["kubernetes==98.0.2"]}


def test_lock_holds_parts_of_another_lock_beside_its_own() -> None:
    parts: dict[str, dict[str, Any]] = {
        "client": {"kind": "python", "use": "controller", "lock": "controller.txt", "version": "9"},
        "core-newest": {
            "kind": "python",
            "use": "controller-newest",
            "lock": "controller-newest.txt",
            "package": "core",
            "version": "98.21.5",
            "beside": ["client"],
        },
    }
    assert python_pins(parts) == {
        "controller.txt": ["client==9"],
        "controller-newest.txt": ["core==98.21.5", "client==9"],
    }


def test_differences_names_changed_and_missing_files(tmp_path: Path) -> None:
    made, kept = tmp_path / "made", tmp_path / "kept"
    for directory in (made / "go", kept / "go"):
        directory.mkdir(parents=True)
    for name, text in {"same": "1", "changed": "2", "go/missing": "3"}.items():
        (made / name).write_text(text)
    (kept / "same").write_text("1")
    (kept / "changed").write_text("other")
    assert differences(made, kept) == ["changed", "go/missing"]
