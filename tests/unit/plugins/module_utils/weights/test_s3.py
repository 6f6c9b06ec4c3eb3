"""Models in a bucket: against a server that verifies signatures, and with what a server refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.s3 import S3Adapter
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import SourceError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    NO_CREDENTIALS,
    Credentials,
)

from tests.unit.plugins.module_utils.weights.bench import (
    SHARDS,
    Fault,
    Model,
    WebServer,
    make_model,
    run,
    weights_of,
)
from tests.unit.plugins.module_utils.weights.buckets import Bucket, bucket
from tests.unit.plugins.module_utils.weights.scrubs import holds
from tests.unit.plugins.module_utils.weights.test_adapters import raw_server

ODD_NAME = "a+b (1)~é.txt"


@pytest.fixture(scope="module")
def in_bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Model, Bucket]]:
    model = make_model(tmp_path_factory.mktemp("s3") / "source", elements=100)
    model.write(ODD_NAME, b"a name that has to be quoted")
    with bucket(model) as running:
        yield model, running


@pytest.mark.slow
def test_a_signed_model_comes_from_a_bucket(in_bucket: tuple[Model, Bucket], root: Path) -> None:
    model, running = in_bucket
    change = run(root, running.url, **running.keys)
    assert weights_of(change)["digest"] == model.digest
    assert ODD_NAME in model.names
    assert holds(root / model.version, model)
    assert not run(root, running.url, **running.keys).changed


@pytest.mark.slow
def test_a_signed_file_is_read_from_an_offset(in_bucket: tuple[Model, Bucket]) -> None:
    model, running = in_bucket
    keys = Credentials(access_key=running.access_key, secret_key=running.secret_key)
    stream = S3Adapter(running.url, keys).open(SHARDS[0], 10)
    assert (stream.offset, stream.read(20)) == (10, (model.path / SHARDS[0]).read_bytes()[10:30])
    stream.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "status", "advice"),
    [
        ({"source_secret_key": "wrong"}, 403, "give the secret key of this access key"),
        ({"source_access_key": "AKIANOBODY"}, 403, "give an access key that the server knows"),
    ],
)
def test_a_signature_that_is_wrong_is_refused_with_its_reason(
    in_bucket: tuple[Model, Bucket],
    root: Path,
    changed: dict[str, str],
    status: int,
    advice: str,
) -> None:
    _model, running = in_bucket
    with pytest.raises(SourceError) as caught:
        run(root, running.url, **{**running.keys, **changed})
    assert f"/models/a%20b/SHA256SUMS: the server answers {status} " in str(caught.value)
    assert advice in str(caught.value)
    assert running.secret_key not in str(caught.value)
    assert not root.parent.exists()


def test_without_a_key_nothing_is_signed(model: Model, root: Path, server: WebServer) -> None:
    server.directory = model.path.parent
    server.faults[f"source/{SHARDS[1]}"] = [Fault("die", 500)]
    run(root, f"s3+{server.url}/source")
    assert holds(root / model.version, model)
    assert server.authorizations == set()
    spans = [span for name, span in server.asked("GET") if name.endswith(SHARDS[1])]
    assert spans == ["", "bytes=500-"]


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("RequestTimeTooSkewed", "set this host's clock"),
        ("NoSuchBucket", "check the bucket's name"),
        ("AuthorizationHeaderMalformed", "give the region that the bucket is in"),
        ("Unheard", "an object that is not there is denied too (S3's code is Unheard)"),
    ],
)
def test_the_code_of_the_server_decides_what_to_do(code: str, advice: str) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>"
    answer = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    with raw_server(answer.encode()) as url, pytest.raises(SourceError) as caught:
        S3Adapter(f"s3+{url}", NO_CREDENTIALS).open("f", 0)
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("status", "advice"),
    [("404 Not Found", "check the prefix"), ("405 No", "check the source's URL")],
)
def test_a_question_for_a_size_has_no_code(status: str, advice: str) -> None:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"
    with raw_server(answer.encode()) as url, pytest.raises(SourceError, match=advice):
        S3Adapter(f"s3+{url}", NO_CREDENTIALS).size("f")


def test_a_bucket_may_be_the_whole_model() -> None:
    assert S3Adapter("s3+https://h:9000/models/", NO_CREDENTIALS).url("a b") == (
        "https://h:9000/models/a%20b"
    )
