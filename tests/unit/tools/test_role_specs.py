"""A role's defaults, specs and files agree; each way to disagree is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.role_specs import faults_below, main, roles_in_scenarios, same
from tools.roles import ROOT, find_roles

TESTED = frozenset({"mirror"})
SPECS = """\
argument_specs:
  main:
    short_description: Serve
    options:
      mirror_address: {description: Address., type: str, required: true}
      mirror_port: {description: Port., type: int, default: 8080}
"""
MAIN = """\
- name: Install the servers
  ansible.builtin.include_tasks: install.yml
"""


def write_role(root: Path, files: dict[str, str]) -> Path:
    role = root / "roles" / "mirror"
    sound = {
        "README.md": "# Mirror\n",
        "defaults/main.yml": "mirror_port: 8080\n",
        "meta/main.yml": "galaxy_info: {}\n",
        "meta/argument_specs.yml": SPECS,
        "tasks/main.yml": MAIN,
        **{f"tasks/{step}.yml": "[]\n" for step in ("preflight", "install", "configure", "verify")},
    }
    for name, text in (sound | files).items():
        (role / name).parent.mkdir(parents=True, exist_ok=True)
        (role / name).write_text(text)
    return role


@pytest.mark.parametrize("path", find_roles(), ids=lambda path: str(path.name))
def test_each_role_of_the_collection_is_sound(path: Path) -> None:
    assert faults_below(path, roles_in_scenarios(ROOT / "molecule")) == []


def test_a_sound_role_has_no_faults(tmp_path: Path) -> None:
    assert faults_below(write_role(tmp_path, {}), TESTED) == []


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (
            {"defaults/main.yml": "mirror_port: 8080\nmirror_prot: 1\n"},
            "roles/mirror: mirror_prot has a default, but no entry point describes it",
        ),
        (
            {"defaults/main.yml": ""},
            "roles/mirror: mirror_port has a default in its spec, but none in defaults/main.yml",
        ),
        (
            {"defaults/main.yml": 'mirror_port: "8080"\n'},
            "roles/mirror: mirror_port defaults to 8080 in its spec, to '8080' in fact",
        ),
        (
            {"defaults/main.yml": "mirror_port: 8080\nmirror_address: a\n"},
            "roles/mirror: mirror_address is required and has a default",
        ),
        (
            {"meta/argument_specs.yml": SPECS.replace("required: true", "required: false")},
            "roles/mirror: mirror_address is neither required nor has a default",
        ),
        (
            {"meta/argument_specs.yml": SPECS.replace("description: Address., ", "")},
            "roles/mirror: mirror_address lacks a type or a description",
        ),
        (
            {"meta/argument_specs.yml": SPECS.replace("mirror_address", "address")},
            "roles/mirror: address does not begin with mirror_",
        ),
        (
            {"meta/argument_specs.yml": SPECS + "  client: {short_description: C, options: {}}\n"},
            "roles/mirror/tasks/client.yml: is missing",
        ),
        (
            {"tasks/main.yml": "- name: Do it here\n  ansible.builtin.debug:\n"},
            "roles/mirror/tasks/main.yml: task 'Do it here' does not include a file",
        ),
        (
            {"tasks/install.yml": "# a line\n" * 81},
            "roles/mirror/tasks/install.yml: 81 lines, 80 at most",
        ),
    ],
)
def test_each_disagreement_is_one_fault(tmp_path: Path, files: dict[str, str], fault: str) -> None:
    assert faults_below(write_role(tmp_path, files), TESTED) == [fault]


@pytest.mark.parametrize("name", ["README.md", "meta/main.yml", "tasks/verify.yml"])
def test_a_missing_file_is_a_fault(tmp_path: Path, name: str) -> None:
    role = write_role(tmp_path, {})
    (role / name).unlink()
    assert faults_below(role, TESTED) == [f"roles/mirror/{name}: is missing"]


def test_a_role_without_a_scenario_is_a_fault(tmp_path: Path) -> None:
    assert faults_below(write_role(tmp_path, {}), frozenset()) == [
        "roles/mirror: no playbook of a scenario below molecule/ includes it"
    ]


def test_a_role_that_is_tested_elsewhere_needs_no_scenario_and_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.role_specs.TESTED_ELSEWHERE", {"mirror": "tests/e2e"})
    role = write_role(tmp_path, {})
    assert faults_below(role, frozenset()) == []
    assert faults_below(role, TESTED) == [
        "roles/mirror: is in a scenario; drop it from TESTED_ELSEWHERE"
    ]


@pytest.mark.parametrize(
    ("text", "expected"), [("a: [\n", "is not YAML"), ("- a\n", "is a list, needed is a mapping")]
)
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path, text: str, expected: str) -> None:
    faults = faults_below(write_role(tmp_path, {"defaults/main.yml": text}), TESTED)
    assert len(faults) == 1
    assert expected in faults[0]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1, True),
        (1, True, False),
        ("a", "b", False),
        ([1, {"a": 2}], [1, {"a": 2}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": 1}, {"b": 1}, False),
    ],
)
def test_values_are_the_same_only_with_the_same_type(
    one: object, other: object, equal: bool
) -> None:
    assert same(one, other) is equal


def write_playbook(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("    - role: baremetal.sglang.mirror\n", {"mirror"}),
        ("        name: baremetal.sglang.mirror\n", {"mirror"}),
        ("  import_playbook: ../../playbooks/site.yml\n", {"site", "reset"}),
        ("- ansible.builtin.import_playbook: ../../playbooks/reset.yml\n", {"reset"}),
        ("# ansible-playbook baremetal.sglang.mirror\n", set()),
        ("- name: Serve by baremetal.sglang.mirror\n", set()),
    ],
)
@pytest.mark.parametrize("name", ["converge", "side_effect"])
def test_scenarios_name_the_roles_that_they_run(
    tmp_path: Path, name: str, text: str, roles: set[str]
) -> None:
    reset = "    - role: baremetal.sglang.reset\n"
    write_playbook(tmp_path, "playbooks/reset.yml", reset)
    site = "- import_playbook: reset.yml\n- role: baremetal.sglang.site\n"
    write_playbook(tmp_path, "playbooks/site.yml", site)
    write_playbook(tmp_path, f"molecule/host/{name}.yml", text)
    write_playbook(tmp_path, "molecule/host/prepare.yml", "- role: baremetal.sglang.preparing\n")
    assert roles_in_scenarios(tmp_path / "molecule") == roles


def test_the_command_prints_each_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_role(tmp_path, {})
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == (
        "roles/mirror: no playbook of a scenario below molecule/ includes it\n"
    )
    write_playbook(tmp_path, "molecule/host/converge.yml", "- role: baremetal.sglang.mirror\n")
    assert main(["--check"], tmp_path) == 0
