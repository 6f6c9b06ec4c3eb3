"""All facts of a host at once."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe.probe import (
    Question,
    probe,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import HostFacts


def test_a_bare_tree_gives_every_fact(tmp_path: Path) -> None:
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/comm").write_text("systemd\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=debian\nVERSION_ID=13\n")
    question = Question(paths=["/var"], texts=["/x"], directories=["/etc"], existing=["/etc"])
    facts = HostFacts.parse({"asked_at": 1.0, **probe(question, root=tmp_path, epoch=2.0)})
    assert (facts.asked_at, facts.epoch) == (1.0, 2.0)
    assert (facts.distribution_id, facts.distribution_version) == ("debian", "13")
    assert facts.init == "systemd"
    assert facts.memory_bytes == facts.swap_bytes == 0
    assert facts.cpus >= 1
    assert facts.filesystems["/var"].total_bytes > 0
    assert facts.texts["/x"].error == "no such file or directory"
    assert facts.directories["/etc"].files == {"os-release": 24}
    assert facts.existing == {"/etc"}
    assert (facts.listeners, facts.routes, facts.addresses) == ((), (), ())


def test_the_facts_of_this_machine_are_json() -> None:
    facts = probe(Question(paths=["/var/lib/none"]), root=Path("/"), epoch=2.0)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["memory_bytes"] > 0
