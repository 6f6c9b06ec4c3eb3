"""The generated table of variables says what the argument specs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.marked import MarkerError
from tools.role_docs import (
    BEGIN,
    END,
    MarkupError,
    main,
    markdown,
    render,
    update,
    with_table,
)
from tools.roles import ROOT, Role, find_roles, load_role

SPECS = """\
argument_specs:
  main:
    short_description: Serve a bundle
    description: The bundle is only read.
    options:
      mirror_port:
        description: TCP port.
        type: int
        default: 8080
      mirror_mode:
        description: [First., Second.]
        type: str
        choices: [http, ""]
        default: "{{ a | b }}"
      mirror_sites:
        description: Where C(a|b) lies.
        type: list
        elements: dict
        required: true
        options:
          name:
            description: Name.
            type: str
            required: true
  reset:
    short_description: Stop serving
    options: {}
"""
TABLE = """\
### Entry point `main`

Serve a bundle. The bundle is only read.

| Variable | Type | Default | Meaning |
|---|---|---|---|
| `mirror_port` | int | `8080` | TCP port. |
| `mirror_mode` | str | `{{ a \\| b }}` | First. Second. One of `http`, `""`. |
| `mirror_sites` | list of dict | required | Where `a\\|b` lies. |
| `mirror_sites[].name` | str | required | Name. |

### Entry point `reset`

Stop serving.

"""


@pytest.fixture
def role(tmp_path: Path) -> Role:
    path = tmp_path / "roles" / "mirror"
    for name, text in {"meta/argument_specs.yml": SPECS, "tasks/main.yml": "[]\n"}.items():
        (path / name).parent.mkdir(parents=True)
        (path / name).write_text(text)
    return load_role(path)


@pytest.mark.parametrize("path", find_roles(), ids=lambda path: str(path.name))
def test_the_readme_of_each_role_is_current(path: Path) -> None:
    assert not update(path, check=True), "run: python -m tools.role_docs"


def test_each_entry_point_has_a_table_and_one_without_options_has_none(role: Role) -> None:
    assert render(role) == TABLE


def test_text_around_the_markers_stays_and_a_second_write_changes_nothing(role: Role) -> None:
    written = with_table(f"# Mirror\n{BEGIN}\nold\n{END}\nMore.\n", role)
    assert written == f"# Mirror\n{BEGIN}\n{TABLE}{END}\nMore.\n"
    assert with_table(written, role) == written


@pytest.mark.parametrize("text", ["", "# Mirror\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n"])
def test_a_readme_without_both_markers_is_refused(role: Role, text: str) -> None:
    with pytest.raises(MarkerError, match=r"roles/mirror/README\.md: needs the lines"):
        with_table(text, role)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain <b>", "plain &lt;b>"),
        ("C(a.b) V(x) E(HOME)", "`a.b` `x` `HOME`"),
        ("O(name) O(name=x) RV(plan)", "`name` `name=x` `plan`"),
        ("M(ansible.builtin.copy)", "`ansible.builtin.copy`"),
        ("P(ansible.builtin.file#lookup)", "`ansible.builtin.file`"),
        ("B(b) I(i)", "**b** *i*"),
        ("L(text,https://example.org) U(https://example.org)",
         "[text](https://example.org) <https://example.org>"),
        ("one\ntwo", "one two"),
    ],
)  # fmt: skip
def test_ansible_markup_becomes_markdown(text: str, expected: str) -> None:
    assert markdown(text) == expected


def test_markup_without_a_meaning_in_a_table_is_refused() -> None:
    with pytest.raises(MarkupError, match="HORIZONTAL_LINE"):
        markdown("HORIZONTALLINE")


def test_check_names_the_stale_readme_and_writes_nothing(
    role: Role, capsys: pytest.CaptureFixture[str]
) -> None:
    root = role.path.parents[1]
    (role.path / "README.md").write_text(f"{BEGIN}\n{END}\n")
    assert main(["--check"], root) == 1
    assert capsys.readouterr().out == "roles/mirror/README.md: is not current\n"
    assert (role.path / "README.md").read_text() == f"{BEGIN}\n{END}\n"
    assert main([], root) == 0
    assert main(["--check"], root) == 0


def test_a_readme_without_markers_is_an_error_of_the_command(
    role: Role, capsys: pytest.CaptureFixture[str]
) -> None:
    (role.path / "README.md").write_text("# Mirror\n")
    assert main([], role.path.parents[1]) == 1
    assert "needs the lines" in capsys.readouterr().out


def test_the_tool_reads_this_checkout() -> None:
    assert (ROOT / "galaxy.yml").is_file()
