"""The model as the mirror keeps it."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import Bundle
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import HostState
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import Form
from ansible_collections.baremetal.sglang.plugins.plugin_utils.mirrored_model import (
    read_model,
    source_faults,
    source_warnings,
)

from tests.unit.plugins.module_utils.intent.samples import facts, reached, site

LIST = f"{'0' * 64}  a\n"
DIGEST = hashlib.sha256(LIST.encode()).hexdigest()
PINNED, FREE = Form("", "m", digest=DIGEST), Form("fp8", "m", 5)
BUNDLE = Bundle("cp1", "/srv/bundle", "", {}, {})


def mirror(text: str, error: str = "", *, exists: bool = True) -> dict[str, HostState]:
    texts = {"/srv/bundle/models/m/SHA256SUMS": {"text": text, "error": error}}
    gone = {"exists": False, "files": {}}
    there = {"exists": True, "files": {"a": 1}} if exists else gone
    directories = {"/srv/bundle/models/m": there, "/srv/bundle/models/other": gone}
    return {"cp1": reached(facts(texts=texts, directories=directories))}


def test_a_model_is_judged_by_its_list() -> None:
    model, faults = read_model(BUNDLE, (PINNED,), "", mirror(LIST))
    assert faults == ()
    assert model is not None
    assert model.listed == {"a", "SHA256SUMS"}
    assert (model.where, model.digest, model.pinned) == (
        "cp1:/srv/bundle/models/m",
        DIGEST,
        True,
    )


def test_a_list_that_nothing_pins_is_trusted_and_said_to_be() -> None:
    model, faults = read_model(BUNDLE, (FREE,), "", mirror(LIST))
    assert faults == ()
    assert model is not None
    assert (model.digest, model.pinned) == (DIGEST, False)


@pytest.mark.parametrize("form", [FREE, Form("", "m", digest="0" * 64)])
def test_the_digest_of_the_site_goes_before_the_one_of_the_catalogue(form: Form) -> None:
    model, faults = read_model(BUNDLE, (form,), DIGEST, mirror(LIST))
    assert faults == ()
    assert model is not None
    assert model.pinned


@pytest.mark.parametrize(
    ("form", "pinned", "needed"),
    [
        (Form("", "m", digest="0" * 64), "", f"SHA-256 {'0' * 64}, that the catalogue pins"),
        (PINNED, "1" * 64, f"SHA-256 {'1' * 64}, that site_weights_digest asks for"),
    ],
)
def test_a_list_that_is_not_the_pinned_one_says_who_pins_it(
    form: Form, pinned: str, needed: str
) -> None:
    model, (fault,) = read_model(BUNDLE, (form,), pinned, mirror(LIST))
    assert model is None
    assert (fault.code, fault.found, fault.needed) == (
        "model_list_differs",
        f"SHA-256 {DIGEST}",
        needed,
    )


@pytest.mark.parametrize("pinned", ["short", "A" * 64])
def test_a_pin_that_is_none_is_not_compared(pinned: str) -> None:
    assert read_model(BUNDLE, (FREE,), pinned, mirror(LIST)) == (None, ())


@pytest.mark.parametrize(
    ("text", "error", "code"),
    [
        ("damaged", "", "model_list_invalid"),
        ("", "no such file or directory", "model_list_missing"),
    ],
)
def test_a_list_that_cannot_be_read_has_one_fault(text: str, error: str, code: str) -> None:
    model, faults = read_model(BUNDLE, (PINNED,), "", mirror(text, error))
    assert model is None
    assert [fault.code for fault in faults] == [code]


def test_a_directory_that_is_not_there_is_one_fault() -> None:
    model, faults = read_model(BUNDLE, (FREE,), "", mirror("", "no such file", exists=False))
    assert model is None
    assert [fault.code for fault in faults] == ["model_not_in_mirror"]


def test_of_several_formats_one_must_be_there_and_none_is_judged_before_the_plan() -> None:
    several = (FREE, Form("bfloat16", "other"))
    assert read_model(BUNDLE, several, "", mirror("damaged")) == (None, ())
    _model, faults = read_model(BUNDLE, several, "", mirror("", exists=False))
    assert [fault.code for fault in faults] == ["model_not_in_mirror"]


def test_what_the_mirror_was_not_asked_is_not_judged() -> None:
    assert read_model(None, (FREE,), "", {}) == (None, ())
    assert read_model(BUNDLE, (), "", mirror(LIST)) == (None, ())
    assert read_model(BUNDLE, (Form("", "elsewhere"),), "", mirror(LIST)) == (None, ())
    broken = Bundle("cp1", "/srv/bundle", "no such file", None, {})
    assert read_model(broken, (FREE,), "", mirror(LIST)) == (None, ())


@pytest.mark.parametrize(
    "source",
    [
        *("", "http://10.0.0.9/r1", "file:///mnt/r1", "s3+https://10.0.0.9:9000/models/r1"),
        "hf+https://hub.example/deepseek-ai/DeepSeek-R1@main",
    ],
)
def test_a_source_of_its_own_is_a_directory_or_a_revision(source: str) -> None:
    assert source_faults(site(site_weights_source=source)) == ()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("ftp://10.0.0.9/r1", "'ftp://10.0.0.9/r1'"),
        ("/mnt/r1", "'/mnt/r1'"),
        ("http://me:secret@10.0.0.9/r1", "'http://10.0.0.9/r1'"),
    ],
)
def test_a_source_that_is_none_is_one_fault_without_its_secrets(source: str, found: str) -> None:
    (fault,) = source_faults(site(site_weights_source=source))
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
        )
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
    (fault,) = source_faults(site(site_weights_source_token=SECRET))
    assert fault.where == "site_weights_source_token"


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ({"site_weights_source": "hf+https://h/o/m@main"}, True),
        ({"site_weights_source": f"hf+https://h/o/m@{'0' * 40}"}, False),
        ({"site_weights_source": "hf+https://h/o/m@main", "site_weights_digest": DIGEST}, False),
        ({}, False),
    ],
)
def test_a_branch_is_warned_of(values: dict[str, str], warned: bool) -> None:
    found = source_warnings(site(**values))
    assert [" 'main' is a branch or a tag" in warning for warning in found] == [True] * warned


def test_the_secrets_of_a_site_are_not_shown_by_accident() -> None:
    assert SECRET not in repr(site(site_weights_source_token=SECRET))
