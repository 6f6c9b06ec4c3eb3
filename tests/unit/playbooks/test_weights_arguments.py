"""What the playbooks tell role model_weights and the report, for each kind of model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PARTS = yaml.safe_load((ROOT / "catalogue/parts.yml").read_text())["catalogue_parts"]
MIRROR = "http://10.79.0.11:8080/models"
PIN = "0123456789abcdef" * 4
ASKED = (
    *("model_weights_source", "model_weights_digest", "verification_warnings"),
    "model_weights_transfer",
)
SERVING: dict[str, Any] = {"all": {"children": {"serving": {"hosts": {"node1": {}, "node2": {}}}}}}
# How the weights come from a source to two hosts.
TRANSFERS = {
    "": "chain",
    "https://10.0.0.9/r1": "chain",
    "s3+https://10.0.0.9:9000/models/r1": "chain",
    "hf+http://10.0.0.9/deepseek-ai/DeepSeek-R1@main": "chain",
    "file:///mnt/r1": "direct",
}
# Variables of the site and format of the plan; source, digest, and whether the report warns.
SITES: dict[str, tuple[dict[str, str], str, tuple[str, str, bool]]] = {
    "a part of the catalogue": (
        {"site_model": "smollm2-135m-instruct"},
        "bfloat16",
        (
            f"{MIRROR}/smollm2-135m-instruct",
            PARTS["smollm2-135m-instruct"]["digest"],
            False,
        ),
    ),
    "a part with a digest of the site": (
        {"site_model": "smollm2-135m-instruct", "site_weights_digest": PIN},
        "bfloat16",
        (f"{MIRROR}/smollm2-135m-instruct", PIN, False),
    ),
    "a planned model": (
        {"site_model": "deepseek-r1"},
        "fp8",
        (f"{MIRROR}/deepseek-ai/DeepSeek-R1", "", True),
    ),
    "a planned model with a digest": (
        {"site_model": "deepseek-r1", "site_weights_digest": PIN},
        "bfloat16",
        (f"{MIRROR}/unsloth/DeepSeek-R1-BF16", PIN, False),
    ),
    "a model of its own": (
        {"site_model": "mine-7b", "site_model_directory": "/srv/mine"},
        "bfloat16",
        (f"{MIRROR}/mine-7b", "", True),
    ),
    "a source of its own": (
        {"site_model": "deepseek-r1", "site_weights_source": "https://10.0.0.9/r1"},
        "fp8",
        ("https://10.0.0.9/r1", "", True),
    ),
}


SITES.update(
    {
        f"a source {source}": (
            {"site_model": "mine", "site_model_directory": "/srv", "site_weights_source": source},
            "fp8",
            (source or f"{MIRROR}/mine", "", True),
        )
        for source in TRANSFERS
    }
)


def play(variables: dict[str, str], weight_format: str) -> dict[str, Any]:
    """A play that shows the arguments of one site."""
    name = variables["site_model"]
    return {
        "name": "Show the arguments",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars_files": [str(ROOT / "playbooks/vars/arguments.yml")],
        "vars": {
            "site_model_directory": "",
            "site_weights_digest": "",
            "site_weights_source": "",
            "site_weights_transfer": "auto",
            "site_nfs_server": "",
            "site_mirror_address": "10.79.0.11",
            "__site_plan": {"model": {"name": name, "format": weight_format}},
            **variables,
        },
        "tasks": [
            {
                "name": "Show",
                "ansible.builtin.debug": {"msg": {key: f"{{{{ {key} }}}}" for key in ASKED}},
            }
        ],
    }


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The arguments of each site, in one run. The plan stands above the one of the playbooks."""
    directory = tmp_path_factory.mktemp("arguments")
    plays = [play(variables, weight_format) for variables, weight_format, _ in SITES.values()]
    for one in plays:
        plan = directory / f"plan{len(list(directory.iterdir()))}.yml"
        plan.write_text(yaml.safe_dump({"__site_plan": one["vars"].pop("__site_plan")}))
        one["vars_files"].append(str(plan))
    (directory / "play.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
    (directory / "hosts.yml").write_text(yaml.safe_dump(SERVING))
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", str(directory / "hosts.yml"), str(directory / "play.yml")),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document, _end = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{\n"))
    return [one["tasks"][0]["hosts"]["localhost"]["msg"] for one in document["plays"]]


@pytest.mark.slow
@pytest.mark.parametrize("name", SITES)
def test_the_weights_come_from_where_the_mirror_keeps_them(
    shown: list[dict[str, Any]], name: str
) -> None:
    found = shown[list(SITES).index(name)]
    source, digest, warned = SITES[name][2]
    assert (found["model_weights_source"], found["model_weights_digest"]) == (source, digest)
    assert bool(found["verification_warnings"]) is warned
    assert all(source in warning for warning in found["verification_warnings"])


@pytest.mark.slow
@pytest.mark.parametrize("source", TRANSFERS)
def test_a_source_that_two_hosts_cannot_both_see_comes_once(
    shown: list[dict[str, Any]], source: str
) -> None:
    found = shown[list(SITES).index(f"a source {source}")]
    assert found["model_weights_transfer"] == TRANSFERS[source]
