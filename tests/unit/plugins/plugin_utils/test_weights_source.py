"""The source that a site names for its weights."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import HostState
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import Form
from ansible_collections.baremetal.sglang.plugins.plugin_utils.weights_source import (
    read_placed,
    source_faults,
    source_host,
    source_warnings,
)

from tests.unit.plugins.module_utils.intent.samples import facts, inventory, reached, site

LIST = f"{'0' * 64}  a\n"
DIGEST = hashlib.sha256(LIST.encode()).hexdigest()
FORM = Form("", "m")
TWO = inventory(serving=("node1", "node2"))


@pytest.mark.parametrize(
    "source",
    [
        *("", "http://10.0.0.9/r1", "file:///mnt/r1", "s3+https://10.0.0.9:9000/models/r1"),
        "hf+https://hub.example/deepseek-ai/DeepSeek-R1@main",
    ],
)
def test_a_source_of_its_own_is_a_directory_or_a_revision(source: str) -> None:
    assert source_faults(site(site_weights_source=source), inventory()) == ()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("ftp://10.0.0.9/r1", "'ftp://10.0.0.9/r1'"),
        ("/mnt/r1", "'/mnt/r1'"),
        ("http://me:secret@10.0.0.9/r1", "'http://10.0.0.9/r1'"),
    ],
)
def test_a_source_that_is_none_is_one_fault_without_its_secrets(source: str, found: str) -> None:
    (fault,) = source_faults(site(site_weights_source=source), inventory())
    assert (fault.code, fault.where, fault.found) == (
        "value_invalid",
        "site_weights_source",
        found,
    )


SECRET = "a-secret-" + "5eed" * 4


def test_every_fault_of_a_source_and_its_credentials_is_told_without_a_secret() -> None:
    found = source_faults(
        site(
            site_weights_source=f"hf+https://me:{SECRET}@hub.example/deepseek-ai/DeepSeek-R1",
            site_weights_source_access_key=SECRET,
            site_weights_source_region="EU West",
        ),
        inventory(),
    )
    assert [(fault.where.removeprefix("site_weights_source"), fault.found) for fault in found] == [
        ("", "'hf+https://hub.example/deepseek-ai/DeepSeek-R1'"),
        ("", "'hf+https://hub.example/deepseek-ai/DeepSeek-R1'"),
        ("_access_key", "is set"),
        ("_secret_key", "is empty"),
        ("_region", "'EU West'"),
    ]
    assert [fault.fix for fault in found][2] == "correct site_weights_source_access_key"
    assert "the revision is missing" in found[0].needed
    assert "holds credentials" in found[1].needed
    assert SECRET not in str(found)


def test_a_token_without_a_source_is_for_nobody() -> None:
    (fault,) = source_faults(site(site_weights_source_token=SECRET), inventory())
    assert fault.where == "site_weights_source_token"


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ({"site_weights_source": "hf+https://h/o/m@main"}, True),
        ({"site_weights_source": f"hf+https://h/o/m@{'0' * 40}"}, False),
        ({"site_weights_source": "hf+https://h/o/m@main", "site_weights_digest": DIGEST}, False),
        ({"site_weights_source": "hf+https://hub.example/o/m"}, False),
        ({"site_weights_source": "hf+https://main"}, False),
        ({}, False),
    ],
)
def test_a_branch_is_warned_of(values: dict[str, str], warned: bool) -> None:
    found = source_warnings(site(**values))
    assert [" 'main' is a branch or a tag" in warning for warning in found] == [True] * warned


def test_the_secrets_of_a_site_are_not_shown_by_accident() -> None:
    assert SECRET not in repr(site(site_weights_source_token=SECRET))


def test_a_directory_of_a_host_names_one_of_the_inventory() -> None:
    assert source_faults(site(site_weights_source="file://node1/data/r1"), inventory()) == ()
    (fault,) = source_faults(site(site_weights_source="file://nas/data/r1"), inventory())
    assert (fault.where, fault.found) == ("site_weights_source", "host 'nas'")
    assert "file://HOST/PATH with one of these hosts" in fault.needed
    assert "node1" in fault.needed


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (
            {"site_weights_source": "file:///mnt/r1"},
            "chain with site_weights_source file:///mnt/r1, which every host reads itself",
        ),
        ({"site_nfs_server": "node1"}, "chain beside site_nfs_server node1"),
    ],
)
def test_a_chain_that_nothing_could_pass_through_is_refused(
    values: dict[str, str], found: str
) -> None:
    asked = site(site_weights_transfer="chain", **values)
    (fault,) = source_faults(asked, inventory())
    assert (fault.code, fault.where, fault.found) == (
        "chain_without_use",
        "site_weights_transfer",
        found,
    )
    assert source_faults(site(**values), inventory()) == ()


def test_the_host_that_alone_has_the_weights_is_known() -> None:
    sources = ("file://node1/data/r1", "file:///data/r1", "")
    assert [source_host(site(site_weights_source=each)) for each in sources] == ["node1", "", ""]


@pytest.mark.parametrize("source", ["", "http://10.0.0.9/r1", "file://node1/data/r1"])
def test_a_chain_from_one_place_may_be_asked_for(source: str) -> None:
    asked = site(site_weights_transfer="chain", site_weights_source=source)
    assert source_faults(asked, inventory()) == ()


def kept(text: str = LIST, error: str = "", *files: str) -> HostState:
    there = {"exists": True, "files": dict.fromkeys(files or ("a", "README"), 1)}
    texts = {"/data/r1/SHA256SUMS": {"text": text, "error": error}}
    return reached(facts(texts=texts, directories={"/data/r1": there}))


def test_what_a_host_keeps_is_judged_by_its_list_alone() -> None:
    asked = site(site_weights_source="file://node1/data/r1/")
    model, faults = read_placed(asked, inventory(), (FORM,), {"node1": kept()})
    assert faults == ()
    assert model is not None
    assert (model.where, model.digest, model.pinned) == ("node1:/data/r1", DIGEST, False)
    assert model.directory.files == {"a": 1}


def test_of_several_hosts_each_must_have_the_model() -> None:
    asked = site(site_weights_source="file:///data/r1", site_weights_digest=DIGEST)
    states = {"node1": kept(), "node2": kept("", "no such file or directory")}
    model, (fault,) = read_placed(asked, TWO, (), states)
    assert model is not None
    assert model.pinned
    assert (fault.code, fault.where) == ("model_list_missing", "node2:/data/r1/SHA256SUMS")
    assert "or correct site_weights_source" in fault.fix
    served = site(site_weights_source="file:///data/r1", site_nfs_server="node1")
    assert read_placed(served, TWO, (), states)[1] == ()


def test_another_list_than_the_pinned_one_is_a_fault() -> None:
    asked = site(site_weights_source="file://node1/data/r1", site_weights_digest="1" * 64)
    model, (fault,) = read_placed(asked, inventory(), (FORM,), {"node1": kept()})
    assert (model, fault.code) == (None, "model_list_differs")


@pytest.mark.parametrize("source", ["http://10.0.0.9/r1", "file://node3/data/r1"])
def test_what_no_host_was_asked_is_not_judged(source: str) -> None:
    asked = site(site_weights_source=source)
    assert read_placed(asked, inventory(), (FORM,), {"node1": kept()}) == (None, ())
