"""What a pod and an operator see of the weights on a node."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from typing import Any

import pytest

ROOT = "/var/lib/baremetal-sglang/models"
DIGEST = "982005913aedc48a466f49e68b38df0271ac7fb48df9032c108289e71c2e6205"
VERSION = f"{ROOT}/served@{DIGEST[:12]}"
SHARD = f"{VERSION}/model-1.safetensors"
ARGUMENTS = f"name=served destination={ROOT}"
SOURCE = "source=http://127.0.0.1:8080/served"


def info(host: Any, arguments: str = ARGUMENTS) -> dict[str, Any]:
    answer = host.ansible("baremetal.sglang.model_weights_info", arguments, check=False)
    assert not answer["changed"]
    (found,) = answer["weights"]
    return dict(found)


def bring(host: Any, arguments: str = "") -> dict[str, Any]:
    answer = host.ansible(
        "baremetal.sglang.model_weights", f"{ARGUMENTS} {SOURCE} {arguments}", check=False
    )
    return dict(answer)


@pytest.mark.parametrize("name", ["served", "carried"])
def test_a_pods_user_reads_every_byte_through_the_link(host: Any, name: str) -> None:
    assert host.file(f"{ROOT}/{name}").linked_to == f"{ROOT}/{name}@{DIGEST[:12]}"
    check = f"cd {ROOT}/{name} && exec setpriv --reuid 65532 --regid 65532 --clear-groups"
    assert host.run_test(f"{check} sha256sum --check --quiet SHA256SUMS").succeeded
    assert host.run(f"{check} touch config.json").failed


def test_the_model_is_complete_and_verified(host: Any) -> None:
    found = info(host)
    assert (found["complete"], found["verified"], found["files"]) == (True, True, 4)
    assert found["digest"] == DIGEST
    assert info(host, f"{ARGUMENTS} verify=true")["verified"]


def test_a_further_run_asks_only_for_the_list(host: Any) -> None:
    since = host.check_output("date '+%Y-%m-%d %H:%M:%S'")
    assert not bring(host)["changed"]
    log = host.check_output(f"journalctl -u made-models.service -o cat --since '{since}'")
    asked = [line.split('"')[1] for line in log.splitlines() if '"' in line]
    assert set(asked) == {"GET /served/SHA256SUMS HTTP/1.1"}


def test_a_damaged_file_is_told_and_repaired_alone(host: Any) -> None:
    host.check_output(f"printf x | dd of={SHARD} bs=1 seek=1000 conv=notrunc status=none")
    assert info(host)["unverified"] == ["model-1.safetensors"]
    assert info(host, f"{ARGUMENTS} verify=true")["mismatching"] == ["model-1.safetensors"]
    actions = bring(host)["actions"]
    assert actions[1:] == [f"repair model-1.safetensors in served@{DIGEST[:12]}"]
    assert info(host, f"{ARGUMENTS} verify=true")["verified"]


def test_a_wrong_pin_is_refused_and_changes_nothing(host: Any) -> None:
    before = host.check_output(f"ls -lR --full-time {ROOT}")
    answer = bring(host, f"digest={'0' * 64}")
    assert f"its SHA-256 is {DIGEST}, digest {'0' * 64} is needed" in answer["msg"]
    assert host.check_output(f"ls -lR --full-time {ROOT}") == before


def test_a_removed_model_leaves_nothing_behind(host: Any) -> None:
    bring(host, "name=short")
    found = [name for name in host.file(ROOT).listdir() if name.startswith("short")]
    assert sorted(found) == ["short", f"short@{DIGEST[:12]}"]
    bring(host, "name=short state=absent")
    assert not [name for name in host.file(ROOT).listdir() if name.startswith("short")]
    assert host.file(f"{ROOT}/.staging").listdir() == []
