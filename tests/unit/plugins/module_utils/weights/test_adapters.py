"""What the transfer adapters say of sources that are not there, break, or lie about themselves."""

from __future__ import annotations

import hashlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters import small, web
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.http import (
    HttpAdapter,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import (
    NotYetError,
    SourceError,
    TransientSourceError,
    UnreachableError,
    WeightsError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Retry
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source import (
    Source,
    open_adapter,
)

from tests.unit.plugins.module_utils.weights.bench import WAITLESS, Model, run

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@contextmanager
def raw_server(answer: bytes, *, reset: bool = False, hang: bool = False) -> Iterator[str]:
    """A TCP server that gives one client these bytes and closes, resets or falls silent."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        client, _ = listener.accept()
        client.recv(65536)
        client.sendall(answer)
        if hang:
            ended.wait(10)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/m"
    finally:
        ended.set()
        thread.join()
        listener.close()


def read_all(url: str) -> bytes:
    stream = HttpAdapter(url).open("f", 0)
    found = b""
    try:
        while data := stream.read(100):
            found += data
    finally:
        stream.close()
    return found


def test_a_connection_that_is_reset_is_transient() -> None:
    broken = pytest.raises(TransientSourceError, match=r"/f: the connection (broke|ended)")
    with raw_server(HEAD + b"x", reset=True) as url, broken:
        read_all(url)


@pytest.mark.parametrize(
    ("header", "kind"),
    [("Retry-After: 7\r\n", NotYetError), ("", TransientSourceError), ("Retry-After: x\r\n", None)],
)
def test_a_server_may_say_when_it_will_have_the_file(
    header: str, kind: type[Exception] | None
) -> None:
    answer = f"HTTP/1.1 503 Later\r\n{header}Content-Length: 0\r\n\r\n"
    with raw_server(answer.encode()) as url, pytest.raises(TransientSourceError) as caught:
        read_all(url)
    assert type(caught.value) is (kind or TransientSourceError)
    assert getattr(caught.value, "retry_after", 7) == 7


def test_a_server_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "STALL_SECONDS", 0.05)
    broken = pytest.raises(TransientSourceError, match=r"the connection broke .*timed out")
    with raw_server(HEAD + b"x", hang=True) as url, broken:
        read_all(url)


def test_a_server_that_never_answers_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "STALL_SECONDS", 0.05)
    silent = pytest.raises(UnreachableError, match=r"no answer \(.*timed out\)")
    with raw_server(b"", hang=True) as url, silent:
        read_all(url)


@pytest.mark.parametrize("answer", [b"", b"garbage\r\n\r\n"])
def test_what_does_not_speak_http_is_unreachable(answer: bytes) -> None:
    with raw_server(answer) as url, pytest.raises(UnreachableError, match="no answer"):
        read_all(url)


def test_a_host_that_has_no_address_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match=r"http://nowhere\.invalid/f: no answer"):
        read_all("http://nowhere.invalid")


def test_a_range_that_starts_elsewhere_is_seen() -> None:
    answer = (
        b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789"
    )
    with raw_server(answer) as url:
        stream = HttpAdapter(url).open("f", 7)
        assert (stream.offset, stream.read(100)) == (5, b"56789")
        stream.close()


def test_a_redirect_to_a_file_of_the_node_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    answer = f"HTTP/1.1 302 Found\r\nLocation: file://{secret}\r\nContent-Length: 0\r\n\r\n"
    with raw_server(answer.encode()) as url, pytest.raises(SourceError, match="302"):
        read_all(url)


def test_a_file_source_that_is_not_there_says_so(tmp_path: Path, root: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        run(root, f"file://{tmp_path}/nothing")
    assert str(caught.value) == (
        f"file://{tmp_path}/nothing/SHA256SUMS: not there (No such file or directory); "
        "check the path and that its file system is mounted"
    )
    assert not root.parent.exists()


def test_a_listed_file_that_a_file_source_lacks_is_told(model: Model, root: Path) -> None:
    (model.path / "config.json").unlink()
    with pytest.raises(WeightsError, match=r"config\.json: not there \(No such file or directory"):
        run(root, model.url)
    assert not root.parent.exists()


def test_a_directory_in_place_of_the_list_is_an_error(tmp_path: Path, root: Path) -> None:
    (tmp_path / "source" / "SHA256SUMS").mkdir(parents=True)
    with pytest.raises(WeightsError, match=r"SHA256SUMS: not there \(Is a directory\)"):
        run(root, f"file://{tmp_path}/source")


def test_a_path_that_is_quoted_in_the_url_is_found(model: Model, root: Path) -> None:
    spaced = model.path.parent / "a b"
    model.path.rename(spaced)
    assert run(root, f"file://{spaced.parent}/a%20b").changed


def test_a_source_of_links_is_followed(model: Model, root: Path, tmp_path: Path) -> None:
    links = tmp_path / "links"
    links.mkdir()
    for name in ("SHA256SUMS", *model.names):
        (links / name).parent.mkdir(exist_ok=True)
        (links / name).symlink_to(model.path / name)
    run(root, f"file://{links}")
    assert not (root / "m" / "config.json").is_symlink()


def test_a_list_without_an_end_is_given_up(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small, "MAX_SMALL_FILE_BYTES", 100)
    source = Source(open_adapter(model.url), retry=Retry(0, WAITLESS), parallel=1)
    with pytest.raises(SourceError, match="SHA256SUMS: more than 100 bytes"):
        source.file_list()


def test_the_list_and_each_size_are_asked_for_once(model: Model) -> None:
    source = Source(open_adapter(model.url), retry=Retry(0, WAITLESS), parallel=2)
    assert source.file_list() is source.file_list()
    assert source.file_list().digest == hashlib.sha256(source.file_list().text).hexdigest()
    first = dict(source.sizes(["config.json"]))
    (model.path / "config.json").write_bytes(b"longer than it was before")
    assert dict(source.sizes(["config.json"])) == first
