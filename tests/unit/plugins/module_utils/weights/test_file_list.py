from __future__ import annotations

import hashlib

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    ListedFile,
    parse_file_list,
)
from hypothesis import given
from hypothesis import strategies as st

A = "a" * 64
B = "b" * 64
URL = "http://mirror/m/SHA256SUMS"


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_file_list(text.encode(), URL)
    found: list[str] = caught.value.details["faults"]
    return found


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (f"{A}  config.json\n", [ListedFile("config.json", A)]),
        (f"{A} *config.json\n", [ListedFile("config.json", A)]),
        (f"{A}  config.json", [ListedFile("config.json", A)]),
        (f"{A}  ./config.json\n", [ListedFile("config.json", A)]),
        (f"{A.upper()}  config.json\n", [ListedFile("config.json", A)]),
        (f"{A}  a b  c.txt\n", [ListedFile("a b  c.txt", A)]),
        (f"{A}  original/params.json\n", [ListedFile("original/params.json", A)]),
        (f"{B}  z\n{A}  a\n", [ListedFile("z", B), ListedFile("a", A)]),
        (f"{A}  a..b\n", [ListedFile("a..b", A)]),
        (f"{A}  Gewicht-ä.bin\n", [ListedFile("Gewicht-ä.bin", A)]),
    ],
)
def test_a_list_as_sha256sum_writes_it_is_read(text: str, files: list[ListedFile]) -> None:
    assert list(parse_file_list(text.encode(), URL).files) == files


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("/etc/passwd", "is absolute"),
        ("../x", "leaves the model directory"),
        ("a/../../x", "leaves the model directory"),
        ("..", "leaves the model directory"),
        ("a//b", "is not a plain relative path"),
        ("a/./b", "is not a plain relative path"),
        ("a/", "is not a plain relative path"),
        ("a\\b", "has a control character or a backslash"),
        ("a\rb", "has a control character or a backslash"),
        ("a\x00b", "has a control character or a backslash"),
        ("SHA256SUMS", "is a reserved name"),
        (".verified.json", "is a reserved name"),
        ("a.part", "ends in .part, the mark of a partial file"),
    ],
)
def test_an_unsafe_name_is_refused(name: str, fault: str) -> None:
    assert faults(f"{A}  {name}\n") == [f"line 1: {name!r} {fault}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["it names no file"]),
        (f"{A}  a\n\n{B}  b\n", ["line 2 is not '<64 hex digits>  <file>': ''"]),
        (f"{A} a\n", [f"line 1 is not '<64 hex digits>  <file>': '{A} a'"]),
        (f"{A[:63]}  a\n", [f"line 1 is not '<64 hex digits>  <file>': '{A[:63]}  a'"]),
        ("# list\n", ["line 1 is not '<64 hex digits>  <file>': '# list'"]),
        (f"{A}  \n", [f"line 1 is not '<64 hex digits>  <file>': '{A}  '"]),
        (f"{A}  ./\n", ["line 1: './' is not a plain relative path"]),
        (f"{A}  a\n{B}  a\n", ["'a' is listed more than once"]),
        (f"{A}  a\n{A}  ./a\n", ["'a' is listed more than once"]),
        (
            f"{A}  a\n{A}  a/b/c\n",
            ["'a' is listed as a file and is the directory of 'a/b/c'"],
        ),
    ],
)
def test_a_malformed_list_is_refused(text: str, expected: list[str]) -> None:
    assert faults(text) == expected


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(InputError, match=r"byte 66 is not UTF-8"):
        parse_file_list(A.encode() + b"  \xff\n", URL)


def test_all_faults_are_told_at_once_with_the_url_and_the_way_out() -> None:
    text = f"{A}  /a\nnonsense\n{A}  b\n{A}  b\n"
    assert faults(text) == [
        "'b' is listed more than once",
        "line 1: '/a' is absolute",
        "line 2 is not '<64 hex digits>  <file>': 'nonsense'",
    ]
    with pytest.raises(InputError, match=rf"^{URL} is refused \(write it anew .*sha256sum"):
        parse_file_list(text.encode(), URL)


def test_the_digest_is_that_of_the_bytes_as_they_are() -> None:
    text = f"{A} *./config.json\n".encode()
    found = parse_file_list(text, URL)
    assert found.digest == hashlib.sha256(text).hexdigest()
    assert found.short_digest == found.digest[:12]
    assert found.text == text


def test_the_sha256_of_an_unlisted_file_is_empty() -> None:
    found = parse_file_list(f"{A}  a\n".encode(), URL)
    assert (found.sha256_of("a"), found.sha256_of("b")) == (A, "")


@given(st.binary(max_size=200))
def test_no_bytes_give_anything_but_safe_names_or_a_refusal(text: bytes) -> None:
    try:
        found = parse_file_list(text, URL)
    except InputError:
        return
    for file in found.files:
        assert not file.name.startswith("/")
        assert not {"", ".", ".."} & set(file.name.split("/"))


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=5))
def test_no_listed_name_leaves_the_directory(names: list[str]) -> None:
    text = "".join(f"{A}  {name}\n" for name in names)
    try:
        found = parse_file_list(text.encode("utf-8", "surrogatepass"), URL)
    except InputError:
        return
    assert all(".." not in file.name.split("/") for file in found.files)
    assert len({file.name for file in found.files}) == len(found.files)
