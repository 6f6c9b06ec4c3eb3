"""Models from a hub: a list made of the hub's own digests, files through redirects, and tokens."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters import (
    hub as adapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.hub import (
    HubAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.small import (
    read_small,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.web import (
    content_length,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    MismatchError,
    SourceError,
    TransientSourceError,
)

from tests.unit.plugins.module_utils.weights.bench import (
    INDEX,
    SHARDS,
    Fault,
    Model,
    run,
    weights_of,
)
from tests.unit.plugins.module_utils.weights.hubs import COMMIT, hub
from tests.unit.plugins.module_utils.weights.scrubs import holds, rot, scrub

GUIDE = Path(__file__).resolve().parents[5] / "docs/operations.md"
TOKEN = "hf_" + "5eed" * 8


def read_list(url: str, token: str = "") -> bytes:
    return read_small(HubAdapter(url, token).open("SHA256SUMS", 0), url)


def test_a_model_comes_from_a_hub_and_a_second_run_finds_it(model: Model, root: Path) -> None:
    with hub(model) as running:
        change = run(root, running.url)
        assert change.warnings == ()
        assert weights_of(change)["digest"] == model.digest
        assert holds(root / model.version, model)
        before = len(running.cdn.requests)
        assert not run(root, running.url).changed
    assert [name for name, _ in running.cdn.asked("GET")][before:] == []
    assert sorted(name for name, _ in running.cdn.asked("GET")) == sorted(SHARDS)


def test_the_list_is_the_one_that_the_guide_makes_of_a_copy(model: Model) -> None:
    model.write(".gitattributes", b"*.safetensors filter=lfs\n")
    model.write("Ä.txt", b"sorted by its bytes\n")
    (model.path / "SHA256SUMS").unlink()
    (script,) = re.findall(r"^ *(find \. .*) > SHA256SUMS$", GUIDE.read_text(), re.MULTILINE)
    made = subprocess.run(["bash", "-c", script], cwd=model.path, capture_output=True, check=True)
    assert made.stdout.count(b"\n") == 7
    with hub(model) as running:
        assert read_list(running.url) == made.stdout


def test_a_list_of_several_pages_is_read_to_its_end(model: Model, root: Path) -> None:
    with hub(model, page=2) as running:
        run(root, running.url)
        assert read_list(running.url) == (model.path / "SHA256SUMS").read_bytes()
        assert holds(root / model.version, model)


def test_a_list_that_never_ends_is_given_up(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_MOST_PAGES", 2)
    with hub(model, page=1) as running, pytest.raises(SourceError, match="has over 2 pages"):
        read_list(running.url)


def test_an_interrupted_file_goes_on_through_the_redirect(model: Model, root: Path) -> None:
    with hub(model) as running:
        running.cdn.faults[SHARDS[0]] = [Fault("die", 1000)]
        change = run(root, running.url)
        assert holds(root / model.version, model)
    spans = [span for name, span in running.cdn.asked("GET") if name == SHARDS[0]]
    assert spans == ["", "bytes=1000-"]
    assert weights_of(change)["retries"] == 1


def test_a_file_that_stays_wrong_is_an_error_and_nothing_is_published(
    model: Model, root: Path
) -> None:
    with hub(model) as running:
        running.entries[SHARDS[0]] = {"lfs": {**running.entry(SHARDS[0])["lfs"], "oid": "0" * 64}}
        with pytest.raises(MismatchError, match=f"the list needs {'0' * 64}"):
            run(root, running.url, retries=1)
    assert not (root / "m").exists()


def test_a_small_file_with_another_git_digest_is_refused_before_any_change(
    model: Model, root: Path
) -> None:
    with hub(model, entries={"config.json": {"oid": "5" * 40}}) as running:
        with pytest.raises(TransientSourceError) as caught:
            run(root, running.url, retries=0)
        url = f"{running.endpoint}/org/m/resolve/{COMMIT}/config.json"
    blob = subprocess.run(
        ["git", "hash-object", model.path / "config.json"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert str(caught.value) == (
        f"{url}: git's SHA-1 of its 33 bytes is {blob}, the list has {'5' * 40}; "
        "look at what the hub gives for this file"
    )
    assert not root.parent.exists()


@pytest.mark.parametrize(
    ("values", "token", "found", "advice"),
    [
        ({"token": TOKEN}, "", "401 Unauthorized", "give the token of an account that may read it"),
        ({"token": TOKEN}, "other", "403 Forbidden", "accept the model's terms on the hub"),
        ({"status": 404}, "", "404 Not Found", "check ORG/NAME and the revision"),
        ({"status": 410}, "", "410 Gone", "check the source's URL"),
    ],
)
def test_a_refusal_says_what_to_do(
    model: Model, root: Path, values: dict[str, Any], token: str, found: str, advice: str
) -> None:
    with hub(model, **values) as running, pytest.raises(SourceError) as caught:
        run(root, running.url, source_token=token)
    assert f"/api/models/org/m/tree/{COMMIT}?recursive=true: the server answers {found}; " in str(
        caught.value
    )
    assert advice in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert not root.parent.exists()


def test_a_token_goes_to_the_hub_and_never_to_the_host_behind_it(model: Model, root: Path) -> None:
    with hub(model, token=TOKEN) as running:
        run(root, running.url, source_token=TOKEN)
        assert holds(root / model.version, model)
        assert set(running.authorizations) == {f"Bearer {TOKEN}"}
        assert any(path.startswith("/moved/") for _method, path in running.requests)
        assert running.cdn.requests
        assert running.cdn.authorizations == set()


def test_a_token_does_not_follow_a_list_to_another_host(model: Model) -> None:
    with hub(model, token=TOKEN, page=1) as running, hub(model) as other:
        running.next_page = f"{other.endpoint}/api/models/org/m/tree/{COMMIT}?recursive=true"
        assert read_list(running.url, TOKEN) == (model.path / "SHA256SUMS").read_bytes()
        assert other.authorizations[0] == ""


def test_a_redirected_question_for_a_size_stays_one(model: Model) -> None:
    with hub(model) as running:
        url = f"{running.endpoint}/org/m/resolve/{COMMIT}/{SHARDS[0]}"
        assert content_length(url) == (model.path / SHARDS[0]).stat().st_size
        assert (len(running.cdn.asked("HEAD")), running.cdn.asked("GET")) == (1, [])


def test_a_repository_with_a_list_of_its_own_keeps_it_to_itself(model: Model, root: Path) -> None:
    with hub(model, entries={"SHA256SUMS": {"type": "file", "path": "SHA256SUMS"}}) as running:
        running.entries["SHA256SUMS"].update(oid="4" * 40, size=1)
        assert weights_of(run(root, running.url))["digest"] == model.digest


def test_a_branch_is_said_to_move_unless_a_digest_holds_it(model: Model, root: Path) -> None:
    with hub(model, revision="release/2") as running:
        (warning,) = run(root, running.url, check=True).warnings
        assert warning == (
            f"{running.url}: 'release/2' is a branch or a tag, so another run may bring other "
            f"files; name a commit (40 hex digits), or set the digest, which is now {model.digest}"
        )
        assert run(root, running.url, digest=model.digest).warnings == ()
        assert holds(root / model.version, model)


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"path": "a\nb"}, "has a control character"),
        ({"path": "/etc/passwd"}, "is absolute"),
        ({"path": "a.part"}, "the mark of a partial file"),
    ],
)
def test_a_name_that_no_list_may_have_is_refused(
    model: Model, root: Path, entry: dict[str, Any], found: str
) -> None:
    added = {"type": "file", "oid": "4" * 40, "size": 1, **entry}
    with hub(model, entries={"bad": added}) as running, pytest.raises(InputError, match=found):
        run(root, running.url)
    assert not root.parent.exists()


@pytest.mark.parametrize(
    "entry",
    [{"oid": "short"}, {"size": None}, {"lfs": {"oid": "0" * 40}}],
)
def test_what_is_no_list_of_files_is_an_error(model: Model, entry: dict[str, Any]) -> None:
    with hub(model, entries={"config.json": entry}) as running:
        running.entries["config.json"] = entry
        with pytest.raises(SourceError, match="speaks the API of Hugging Face's hub"):
            read_list(running.url)


def test_a_file_that_the_hub_does_not_list_is_not_there(model: Model) -> None:
    with hub(model) as running, pytest.raises(SourceError, match="not in the hub's list"):
        HubAdapter(running.url).size("nothing")


def test_a_hub_may_lie_below_a_path() -> None:
    source = "hf+https://h.example:8443/api/hub/org/m@refs%2Fpr%2F1"
    assert HubAdapter(source).url("a b") == (
        "https://h.example:8443/api/hub/org/m/resolve/refs%2Fpr%2F1/a%20b"
    )


def test_a_scrub_repairs_from_a_hub(model: Model, root: Path) -> None:
    with hub(model) as running:
        run(root, running.url)
        rot(root / model.version / INDEX)
        wrong, said = scrub(root, running.url)
    assert wrong == ()
    assert holds(root / model.version, model)
    assert any("/resolve/" in line for line in said)
    assert hashlib.sha256((root / "m" / "SHA256SUMS").read_bytes()).hexdigest() == model.digest
