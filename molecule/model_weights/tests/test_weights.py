"""What a pod and an operator see of the weights on a node."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

import json
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


@pytest.mark.parametrize("name", ["served", "carried", "placed"])
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


def test_the_host_that_has_a_model_serves_it_for_the_run_alone(host: Any) -> None:
    assert host.package("nginx-light").is_installed
    nginx = host.service("nginx")
    assert (nginx.is_enabled, nginx.is_running) == (False, False)
    assert host.run("pgrep -x nginx").rc == 1
    assert not host.file("/run/baremetal-sglang-source").exists


def test_the_scrub_of_the_host_that_has_a_model_reads_it_there(host: Any) -> None:
    told = host.file("/etc/baremetal-sglang/weights-scrub/placed.json").content_string
    assert json.loads(told)["sources"] == ["file:///srv/models/carried"]


def scrubbed(host: Any, name: str) -> dict[str, Any]:
    """Scrub a model now, as its timer does, and say what the node then knows of it."""
    unit = f"baremetal-sglang-weights-scrub-{name}.service"
    done = host.run(f"systemctl start {unit}")
    assert done.succeeded, host.check_output(f"journalctl -u {unit} -o cat -n 20")
    found = info(host, f"name={name} destination={ROOT}")
    return dict(found["scrub"])


def metric(host: Any, name: str, metric: str) -> str:
    path = f"/var/lib/prometheus/node-exporter/baremetal_sglang_weights_{name}.prom"
    lines = host.file(path).content_string.splitlines()
    (line,) = (x for x in lines if x.startswith(f"baremetal_sglang_weights_{metric}{{"))
    return str(line.split()[-1])


@pytest.mark.parametrize("name", ["served", "carried"])
def test_a_timer_scrubs_each_model_at_boot_and_now(host: Any, name: str) -> None:
    timer = host.service(f"baremetal-sglang-weights-scrub-{name}.timer")
    assert (timer.is_enabled, timer.is_running) == (True, True)
    assert host.check_output(f"systemctl show -p NextElapseUSecRealtime --value {timer.name}")
    assert metric(host, name, "complete") == "1"


def test_the_scrub_repairs_a_rotten_file_without_ansible(host: Any) -> None:
    before = host.check_output(f"sha256sum {VERSION}/*.safetensors")
    host.check_output(f"cp -p --attributes-only {SHARD} /run/times")
    host.check_output(f"printf x | dd of={SHARD} bs=1 seek=90000 conv=notrunc status=none")
    host.check_output(f"touch -r /run/times {SHARD} && rm /run/times")
    found = scrubbed(host, "served")
    assert (found["found"], found["repaired"], found["wrong"]) == (1, 1, [])
    assert found["events"][0]["repaired_from"] == (
        "http://127.0.0.1:8080/served/model-1.safetensors"
    )
    assert found["by"]["run"]
    assert host.check_output(f"sha256sum {VERSION}/*.safetensors") == before
    assert metric(host, "served", "scrub_repaired_total") == "1"
    assert metric(host, "served", "verified") == "1"
    assert metric(host, "served", "scrub_last_success_timestamp_seconds") != "0"


def test_the_scrub_gives_way_to_everything_else(host: Any) -> None:
    unit = "baremetal-sglang-weights-scrub-served.service"
    shown = host.check_output(f"systemctl show -p Nice -p IOSchedulingClass {unit}")
    assert set(shown.splitlines()) == {"Nice=19", "IOSchedulingClass=3"}


def test_a_removed_model_is_not_scrubbed(host: Any) -> None:
    units = host.file("/etc/systemd/system").listdir()
    assert not [unit for unit in units if unit.startswith("baremetal-sglang-weights-scrub-removed")]
