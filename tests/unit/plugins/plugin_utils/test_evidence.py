"""Evidence from results, files and this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import Bundle
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import HostState, Image
from ansible_collections.baremetal.sglang.plugins.plugin_utils.evidence import (
    controller,
    host_state,
    made_plan,
    read_bundle,
    read_plan,
)

from tests.unit.plugins.module_utils.intent.samples import (
    ANSWER,
    FACTS,
    INVENTORY,
    SITE,
    facts,
    reached,
    site,
)
from tests.unit.plugins.module_utils.planning.test_plan import DOCUMENT

UNREACHABLE = {"unreachable": True, "msg": "Task failed: Failed to connect:\r\n timed out\n"}
PROBE = {"stdout": "motd\r\npython /usr/bin/python3 3.13.5\r\n"}


@pytest.mark.parametrize(
    ("probe", "answer", "state"),
    [
        ({}, {}, None),
        (
            UNREACHABLE,
            {"skipped": True},
            HostState("Failed to connect: timed out", "", (), "", None),
        ),
        (PROBE, UNREACHABLE, HostState("Failed to connect: timed out", "", (), "", None)),
        ({"stdout": "none /opt/py\n"}, {}, HostState("", "/opt/py", (), "", None)),
        ({"stdout": ""}, {}, HostState("", "python3", (), "", None)),
        (
            {"stdout": "python /usr/bin/python3 3.7.16\n"},
            {"skipped": True},
            HostState("", "/usr/bin/python3", (3, 7, 16), "", None),
        ),
        (
            PROBE,
            {"msg": "Missing sudo\npassword"},
            HostState("", "/usr/bin/python3", (3, 13, 5), "Missing sudo password", None),
        ),
        (PROBE, {"host": ANSWER}, HostState("", "/usr/bin/python3", (3, 13, 5), "", FACTS)),
    ],
)
def test_a_host_came_as_far_as_its_two_results_say(
    probe: dict[str, Any], answer: dict[str, Any], state: HostState | None
) -> None:
    assert host_state(probe, answer) == state


def test_a_plan_is_read_or_its_fault(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    plan, faults = read_plan(str(path))
    assert (plan, [(f.code, f.found) for f in faults]) == (
        None,
        [("plan_missing", "no such file or directory")],
    )
    path.write_text("a: [")
    assert [fault.code for fault in read_plan(str(path))[1]] == ["plan_unreadable"]
    path.write_bytes(b"\xff")
    assert [fault.code for fault in read_plan(str(path))[1]] == ["plan_unreadable"]
    path.write_text("schema: 1")
    assert {fault.code for fault in read_plan(str(path))[1]} == {"plan_key_missing"}
    path.write_text(yaml.safe_dump(DOCUMENT))
    plan, faults = read_plan(str(path))
    assert plan is not None
    assert plan.model.name == "smollm2"
    assert faults == ()


def test_the_plan_of_this_run_is_parsed_or_its_faults() -> None:
    plan, faults = made_plan(DOCUMENT, "plan.yml")
    assert plan is not None
    assert faults == ()
    plan, faults = made_plan({"schema": 2}, "plan.yml")
    assert plan is None
    assert "plan.yml: schema" in {fault.where for fault in faults}


def mirror(text: str, error: str = "") -> dict[str, HostState]:
    answer = {"text": text, "error": error}
    texts = {"/srv/bundle/bundle.yml": answer}
    existing = ["/srv/bundle/apt", "/srv/bundle/models"]
    images = {"e:v1": {"digest": "sha256:aa", "bytes": 1}}
    return {"cp1": reached(facts(texts=texts, existing=existing, images=images))}


IMAGES = {"e:v1": Image("sha256:aa", 1)}


def test_a_bundle_is_read_from_what_the_mirror_answered() -> None:
    repositories = {"apt": True, "registry": False, "models": True}
    found = read_bundle(SITE, INVENTORY, mirror("schema: 1\nparts: {}\n"))
    assert found == Bundle(
        "cp1", "/srv/bundle", "", {"schema": 1, "parts": {}}, repositories, IMAGES
    )
    broken = read_bundle(SITE, INVENTORY, mirror("a: ["))
    assert broken is not None
    assert isinstance(broken.manifest, str)
    gone = read_bundle(SITE, INVENTORY, mirror("", "no such file or directory"))
    assert gone is not None
    assert gone.error == "no such file or directory"


@pytest.mark.parametrize(
    "states",
    [{}, {"cp1": HostState("timed out", "", (), "", None)}, {"cp1": reached(FACTS)}],
)
def test_a_mirror_that_did_not_answer_has_no_bundle_to_judge(states: dict[str, HostState]) -> None:
    assert read_bundle(SITE, INVENTORY, states) is None


def obstacles(artifacts: Path, kubeconfig: Path) -> list[str]:
    given = site(site_artifacts=str(artifacts), site_kubeconfig=str(kubeconfig))
    return [
        path.obstacle for path in controller(sys.executable, given, forks=5, forks_needed=2).paths
    ]


def test_paths_that_can_be_written_have_no_obstacle(tmp_path: Path) -> None:
    assert obstacles(tmp_path / "a/b", tmp_path / "a/b/kubeconfig") == ["", ""]
    (tmp_path / "kubeconfig").touch()
    assert obstacles(tmp_path, tmp_path / "kubeconfig") == ["", ""]


def test_a_file_or_a_directory_in_the_way_is_an_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert obstacles(tmp_path / "file", tmp_path) == ["is not a directory", "is a directory"]
    assert (
        obstacles(tmp_path / "file/a", tmp_path / "file/a/b")
        == [f"{tmp_path}/file is not a directory"] * 2
    )


def test_a_directory_of_another_user_is_an_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    assert obstacles(tmp_path, tmp_path / "k") == [f"{tmp_path} is not writable by this user"] * 2


def test_this_interpreter_has_the_libraries() -> None:
    found = controller(sys.executable, SITE, forks=5, forks_needed=2)
    assert found.missing_libraries == ()
    assert tuple(map(int, found.ansible_version.split(".")[:2])) >= (2, 19)


def test_another_interpreter_is_asked_for_the_libraries(tmp_path: Path) -> None:
    asked = tmp_path / "python"
    asked.write_text("#!/bin/sh\necho kubernetes\n")
    asked.chmod(0o755)
    assert controller(str(asked), SITE, forks=5, forks_needed=2).missing_libraries == (
        "kubernetes",
    )
    assert controller("/nonexistent", SITE, forks=5, forks_needed=2).missing_libraries == (
        "kubernetes",
        "yaml",
    )
