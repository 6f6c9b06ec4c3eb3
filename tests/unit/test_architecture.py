"""Rules that hold for the whole checkout, and for each a planted fault that is found."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from tools.functions import length_faults
from tools.imports import import_faults
from tools.variables import PLAYBOOK_PREFIXES, variable_faults
from tools.versions import spelled_versions, version_faults

ROOT = Path(__file__).resolve().parents[2]
MODULE_UTILS = "ansible_collections.baremetal.sglang.plugins.module_utils"
PHASES = (
    *("Preflight", "Mirror", "Hosts", "Fabric", "Cluster"),
    *("Plan", "Storage", "Weights", "Serve", "Monitor", "Verify", "Reset", "Add"),
)
GENERATED = ("catalogue/", "CHANGELOG", "changelogs/changelog.yaml", "LICENSE")


def files() -> list[str]:
    """The checkout's files, committed or not, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [name for name in sorted(listed) if (ROOT / name).is_file()]


FILES = files()
PYTHON = [name for name in FILES if name.endswith(".py")]
PLUGINS = [name for name in PYTHON if name.startswith("plugins/")]
PLAYBOOKS = [name for name in FILES if re.fullmatch(r"playbooks/[^/]+\.yml", name)]
TASKS = [name for name in FILES if re.fullmatch(r"roles/[^/]+/(tasks|handlers)/[^/]+\.yml", name)]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def below_module_utils(path: str, source: str) -> list[str]:
    return import_faults(PurePosixPath("plugins/module_utils", path), source)


@pytest.mark.parametrize("name", PLUGINS)
def test_imports_go_down_only(name: str) -> None:
    assert import_faults(PurePosixPath(name), read(name)) == []


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        (
            "topology/gpu.py",
            f"from {MODULE_UTILS}.planning.plan import Plan",
            "topology imports planning, which is not below it",
        ),
        (
            "manifests/serving.py",
            f"from {MODULE_UTILS}.kube import client",
            "manifests imports kube, which is not below it",
        ),
        (
            "weights/landing.py",
            f"def land():\n    from {MODULE_UTILS}.kube import client",
            "weights imports kube, which is not below it",
        ),
        ("kube/apply.py", "import kubernetes", "imports kubernetes, which neither"),
        ("planning/plan.py", "import yaml", "imports yaml, which neither"),
        ("planning/plan.py", "import os.path", "is pure, but uses os.path"),
        ("planning/plan.py", "from pathlib import Path", "is pure, but uses pathlib.Path"),
        ("planning/plan.py", "text = open('x').read()", "is pure, but uses builtins.open"),
        ("planning/plan.py", "from . import layout", "by a relative name; write it in full"),
        ("novel/code.py", "import json", "novel has no level in tools/imports.py"),
        (
            "kube/client.py",
            "from ansible.module_utils.basic import AnsibleModule",
            "imports AnsibleModule; call the functions of module_utils/runtime",
        ),
    ],
)
def test_an_import_against_the_direction_is_found(path: str, source: str, fault: str) -> None:
    faults = below_module_utils(path, source)
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("kube/client.py", "import kubernetes\nimport urllib3\nimport os"),
        ("runtime/module.py", "from ansible.module_utils.basic import AnsibleModule"),
        ("manifests/serving.py", f"from {MODULE_UTILS}.planning.plan import Plan"),
        ("planning/plan.py", "from pathlib import PurePosixPath\nimport re"),
    ],
)
def test_an_import_in_the_direction_is_not_a_fault(path: str, source: str) -> None:
    assert below_module_utils(path, source) == []


def test_a_plugin_may_import_any_layer_and_ansible() -> None:
    source = f"from {MODULE_UTILS}.runtime import module\nfrom ansible.errors import AnsibleError"
    assert import_faults(PurePosixPath("plugins/filter/report.py"), source) == []


def test_a_module_has_less_at_hand_on_a_target_than_a_plugin_on_the_controller() -> None:
    assert import_faults(PurePosixPath("plugins/plugin_utils/specs.py"), "import yaml") == []
    assert import_faults(PurePosixPath("plugins/modules/facts.py"), "import yaml") == [
        "plugins/modules/facts.py: imports yaml, which neither Python nor this layer provides"
    ]


def test_package_files_are_empty() -> None:
    # What the engine's image is made of is no package of ours.
    ours = [name for name in PYTHON if not name.startswith("lab/bundle/engine/")]
    packages = [name for name in ours if name.endswith("__init__.py")]
    assert [name for name in packages if read(name)] == []


def test_a_module_ends_only_in_runtime_and_in_one_place_each() -> None:
    places = {
        call: [name for name in PLUGINS for _ in re.finditer(rf"\.{call}\(", read(name))]
        for call in ("exit_json", "fail_json")
    }
    assert places == {
        "exit_json": ["plugins/module_utils/runtime/module.py"],
        "fail_json": ["plugins/module_utils/runtime/module.py"],
    }


@pytest.mark.parametrize("name", PYTHON)
def test_files_and_functions_are_short(name: str) -> None:
    assert length_faults(name, read(name)) == []


def test_a_long_function_and_a_long_file_are_found() -> None:
    body = "    x = 1\n" * 40
    assert length_faults("lab/a.py", f"def f():\n{body}") == [
        "lab/a.py: f has 41 lines, 40 at most"
    ]
    assert length_faults("lab/a.py", f'def f():\n    """Doc."""\n{body[10:]}') == []
    assert length_faults("lab/a.py", "\n" * 301) == ["lab/a.py: 301 lines, 300 at most"]
    assert length_faults("plugins/modules/a.py", "\n" * 301) == []


def test_versions_are_spelled_in_the_catalogue_only() -> None:
    parts = yaml.safe_load(read("catalogue/parts.yml"))["catalogue_parts"]
    versions = spelled_versions(parts)
    found = [
        fault
        for name in FILES
        if not name.startswith(GENERATED)
        for fault in version_faults(name, read(name), versions)
    ]
    assert found == []


PARTS: dict[str, dict[str, Any]] = {
    "kubernetes": {"version": "1.98.7"},
    "pause": {"version": "3.97", "tag": "v3.97.2"},
    "short": {"version": "12"},
}


def test_versions_are_taken_from_version_and_tag_with_two_dots_at_least() -> None:
    assert spelled_versions(PARTS) == {"1.98.7": "kubernetes", "3.97.2": "pause"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("version: 1.98.7", True),
        ("image: pause:v3.97.2", True),
        ("kubelet=1.98.7-1.1", True),
        ("It runs 1.98.7.", True),
        ("address: 1.98.7.6", False),
        ("version: 11.98.7", False),
        ("version: 1.98.70", False),
        ("version: 1.98.7rc1", False),
    ],
)
def test_a_version_outside_the_catalogue_is_found(line: str, found: bool) -> None:
    faults = version_faults("roles/a/b.yml", f"---\n{line}\n", spelled_versions(PARTS))
    assert bool(faults) is found
    assert all(fault.startswith("roles/a/b.yml:2: spells ") for fault in faults)


@pytest.mark.parametrize("name", TASKS)
def test_a_role_sets_only_its_own_variables(name: str) -> None:
    role = name.split("/")[1]
    assert variable_faults(name, yaml.safe_load(read(name)), (f"{role}_", f"__{role}_")) == []


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_playbook_sets_only_the_variables_of_a_site(name: str) -> None:
    assert variable_faults(name, yaml.safe_load(read(name)), PLAYBOOK_PREFIXES) == []


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_the_name_of_a_play_is_its_phase_and_what_it_does(name: str) -> None:
    names = [play["name"] for play in yaml.safe_load(read(name)) if "hosts" in play]
    wrong = [play for play in names if not re.fullmatch(rf"({'|'.join(PHASES)}) \| [A-Z].+", play)]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("- {vars: {port: 1}}", ["port"]),
        ("- {register: answer}", ["answer"]),
        ("- {ansible.builtin.set_fact: {found: 1, cacheable: true}}", ["found"]),
        ("- {loop_control: {loop_var: node, index_var: n}}", ["n", "node"]),
        ("- {block: [{register: inner}], rescue: [{register: saved}]}", ["inner", "saved"]),
        ("- {hosts: all, tasks: [{register: inner}], vars: {outer: 1}}", ["inner", "outer"]),
        ("- {ansible.builtin.include_role: {name: a}, vars: {a_port: 1}}", []),
        ("- {vars: {ansible_become: true, mirror_port: 1, __mirror_x: 1}}", []),
    ],
)
def test_a_variable_without_its_prefix_is_found(text: str, names: list[str]) -> None:
    faults = variable_faults("a.yml", yaml.safe_load(text), ("mirror_", "__mirror_"))
    assert faults == [
        f"a.yml: sets {name}, which begins with none of mirror_, __mirror_" for name in names
    ]


def test_nothing_ignores_errors_or_trusts_unverified_certificates() -> None:
    wrong = re.compile(r"^\s*(ignore_errors:|validate_certs:\s*(false|no)\b)", re.MULTILINE)
    content = [name for name in FILES if name.startswith(("roles/", "playbooks/", "inventories/"))]
    assert [name for name in content if wrong.search(read(name))] == []
    assert wrong.search("  validate_certs: false\n")
    assert wrong.search("  ignore_errors: true\n")
