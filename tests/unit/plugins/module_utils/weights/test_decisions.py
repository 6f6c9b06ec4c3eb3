from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.decisions import (
    Copies,
    Fetch,
    Standing,
    check_space,
    hashed_standing,
    input_faults,
    order_fetches,
    pin_faults,
    standing,
    to_fetch,
    to_repair,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import SpaceError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import ListedFile
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.record import (
    Signature,
    VerifiedFile,
)
from hypothesis import given
from hypothesis import strategies as st

SIGNATURE = Signature(5, 6, 7, 8, 9)
MISSING, UNREAD, VERIFIED, MISMATCHING = Standing
MODELS = "/var/lib/models"


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"name": ""}, "name ''"),
        ({"name": "a/b"}, "name 'a/b'"),
        ({"name": "a@b"}, "name 'a@b'"),
        ({"name": "../a"}, "name '../a'"),
        ({"name": ".staging"}, "name '.staging'"),
        ({"name": "a\n"}, "name 'a\\n'"),
        ({"destination": "models"}, "destination 'models'"),
        ({"destination": "/a/../b"}, "destination '/a/../b'"),
        ({"digest": "abc"}, "digest 'abc'"),
        ({"digest": "A" * 64}, f"digest '{'A' * 64}'"),
        ({"source": ""}, "source ''"),
        ({"source": "/a/b"}, "source '/a/b'"),
        ({"source": "ftp://m/a"}, "source 'ftp://m/a'"),
        ({"source": "file://host/a"}, "source 'file://host/a'"),
        ({"source": "file:a"}, "source 'file:a'"),
        ({"source": "http:///a"}, "source 'http:///a'"),
        ({"source": "http://u:secret@m/a"}, "source 'http://m/a': the URL holds credentials"),
        ({"source": "http://m/a?token=secret"}, "source 'http://m/a'"),
        ({"source": "http://m/a#secret"}, "source 'http://m/a'"),
    ],
)
def test_a_wrong_parameter_is_named_and_no_secret_of_it_is_shown(
    values: dict[str, str], fault: str
) -> None:
    good: dict[str, Any] = {
        "name": "m",
        "destination": MODELS,
        "digest": "",
        "source": "http://m/a",
    }
    (found,) = input_faults(**{**good, **values})
    assert found.startswith(fault)
    assert "secret" not in found


@pytest.mark.parametrize(
    "source", ["http://u:se#cret@m/a", "http://u:se?cret@m/a", "http://cret@m"]
)
def test_a_url_with_credentials_is_refused_however_they_are_spelled(source: str) -> None:
    found = input_faults("m", MODELS, "", source)
    assert "source 'http://m" in found[-1]
    assert any("holds credentials" in fault for fault in found)
    assert "cret" not in "".join(found).replace("credentials", "")


def test_a_feed_is_held_to_the_rules_of_a_source() -> None:
    assert input_faults("m", MODELS, "", "http://m/a", ["http://n1:8090/chain"]) == []
    assert input_faults("m", MODELS, "", "http://m/a", ["ftp://n1"]) == [
        "feed 'ftp://n1': a URL with one of the schemes http, https is needed"
    ]


def test_all_wrong_parameters_are_told_at_once_sorted() -> None:
    found = input_faults("a/b", "models", "1", "ftp://m")
    assert [fault.split()[0] for fault in found] == ["destination", "digest", "name", "source"]


@pytest.mark.parametrize(
    "source", ["http://m:8080/models/a", "https://m/a/", "file:///srv/models/a", None]
)
def test_good_parameters_have_no_fault(source: str | None) -> None:
    assert input_faults("DeepSeek-R1.v2_x", MODELS, "0123456789abcdef" * 4, source) == []


@pytest.mark.parametrize(
    ("pinned", "found", "faults"),
    [
        ("", "aa", []),
        ("aa", "aa", []),
        ("aa", "bb", ["its SHA-256 is bb, digest aa is needed"]),
    ],
)
def test_a_list_must_be_the_pinned_one(pinned: str, found: str, faults: list[str]) -> None:
    assert pin_faults(pinned, found) == faults


@pytest.mark.parametrize(
    ("signature", "verified", "expected"),
    [
        (None, None, MISSING),
        (None, VerifiedFile("a", SIGNATURE), MISSING),
        (SIGNATURE, None, UNREAD),
        (SIGNATURE, VerifiedFile("a", SIGNATURE), VERIFIED),
        (SIGNATURE, VerifiedFile("other", SIGNATURE), UNREAD),
        *(
            (SIGNATURE, VerifiedFile("a", replace(SIGNATURE, **{field: 99})), UNREAD)
            for field in ("size", "mtime_ns", "ctime_ns", "inode", "device")
        ),
    ],
)
def test_a_copy_counts_as_verified_only_with_its_whole_signature(
    signature: Signature | None, verified: VerifiedFile | None, expected: Standing
) -> None:
    assert standing(signature, verified, "a") is expected


def test_hashing_settles_a_copy() -> None:
    assert hashed_standing("a", "a") is VERIFIED
    assert hashed_standing("b", "a") is MISMATCHING


def copies(published: Standing, staged: Standing, partial: int = 0, name: str = "f") -> Copies:
    return Copies(ListedFile(name, "a"), published, staged, partial)


@pytest.mark.parametrize(
    ("published", "staged", "repair", "fetch"),
    [
        (VERIFIED, MISSING, False, False),
        (VERIFIED, VERIFIED, False, False),
        (MISSING, VERIFIED, True, False),
        (MISMATCHING, VERIFIED, True, False),
        (MISSING, MISSING, True, True),
        (MISSING, MISMATCHING, True, True),
        (MISMATCHING, MISSING, True, True),
        (MISMATCHING, MISMATCHING, True, True),
    ],
)
def test_only_what_the_node_lacks_is_fetched(
    published: Standing, staged: Standing, repair: bool, fetch: bool
) -> None:
    found = (copies(published, staged),)
    assert (bool(to_repair(found)), bool(to_fetch(found))) == (repair, fetch)


def test_the_longest_remaining_transfer_comes_first_then_the_name() -> None:
    found = [
        copies(MISSING, MISSING, name="b"),
        copies(MISSING, MISSING, name="a"),
        copies(MISSING, MISSING, 900, name="nearly"),
        copies(MISSING, MISSING, name="big"),
        copies(VERIFIED, MISSING, name="there"),
    ]
    ordered = order_fetches(found, {"a": 10, "b": 10, "nearly": 1000, "big": 500})
    assert [(f.file.name, f.remaining_bytes) for f in ordered] == [
        ("big", 500),
        ("nearly", 100),
        ("a", 10),
        ("b", 10),
    ]


@pytest.mark.parametrize(("partial", "kept"), [(0, 0), (40, 40), (100, 100), (101, 0)])
def test_a_partial_file_longer_than_its_source_is_not_kept(partial: int, kept: int) -> None:
    (fetch,) = order_fetches([copies(MISSING, MISSING, partial)], {"f": 100})
    assert fetch.partial_bytes == kept


def fetches(*remaining: int) -> list[Fetch]:
    return [Fetch(ListedFile(f"f{n}", "a"), size, 0) for n, size in enumerate(remaining)]


@pytest.mark.parametrize(
    ("remaining", "free", "fits"),
    [
        ((4096,), 4096, True),
        ((4097,), 4096, False),
        ((1, 1), 4096, False),
        ((1, 1), 8192, True),
        ((), 0, True),
        ((0,), 0, True),
    ],
)
def test_space_is_counted_in_whole_blocks(
    remaining: tuple[int, ...], free: int, fits: bool
) -> None:
    if fits:
        check_space(MODELS, fetches(*remaining), free=free, there=0, block=4096)
    else:
        with pytest.raises(SpaceError):
            check_space(MODELS, fetches(*remaining), free=free, there=0, block=4096)


def test_too_little_space_is_told_with_its_figures() -> None:
    with pytest.raises(SpaceError) as caught:
        check_space(MODELS, fetches(10_000), free=5_000, there=300, block=1)
    assert str(caught.value) == (
        "/var/lib/models: 10000 bytes are still to be fetched, 5000 bytes are free (300 bytes of "
        "this model are already there); free at least 5000 bytes or choose another destination"
    )
    assert caught.value.details == {"needed_bytes": 10_000, "free_bytes": 5_000, "there_bytes": 300}


standings = st.sampled_from([MISSING, VERIFIED, MISMATCHING])
nodes = st.lists(
    st.tuples(standings, standings, st.integers(0, 50), st.integers(0, 50)), max_size=12
)


@given(nodes)
def test_each_lacking_file_is_fetched_once_and_no_byte_twice(
    node: list[tuple[Standing, Standing, int, int]],
) -> None:
    found = [
        copies(published, staged, partial, name=f"f{number}")
        for number, (published, staged, partial, _) in enumerate(node)
    ]
    sizes = {f"f{number}": size for number, (_, _, _, size) in enumerate(node)}
    ordered = order_fetches(found, sizes)
    lacking = [c.file.name for c in found if VERIFIED not in (c.published, c.staged)]
    assert sorted(fetch.file.name for fetch in ordered) == sorted(lacking)
    assert all(0 <= fetch.remaining_bytes <= fetch.size for fetch in ordered)
    remaining = [fetch.remaining_bytes for fetch in ordered]
    assert remaining == sorted(remaining, reverse=True)
    assert ordered == order_fetches(list(reversed(found)), sizes)
