"""The model as the mirror keeps it."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import Bundle
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import HostState
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import Form
from ansible_collections.baremetal.sglang.plugins.plugin_utils.mirrored_model import read_model

from tests.unit.plugins.module_utils.intent.samples import facts, reached

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
