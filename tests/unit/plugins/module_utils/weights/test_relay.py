from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.relay import (
    Relay,
    Upstream,
    read_seconds,
    relay_configuration,
    relay_url,
)

TOKEN = "0123456789abcdef" * 2
RELAY = Relay(
    address="10.79.0.12",
    port=8090,
    token=TOKEN,
    root="/var/lib/models",
    model="m",
    short_digest="5f1d2c0e9b7a",
    upstreams=(
        Upstream("http://10.79.0.11:8090/chain", TOKEN),
        Upstream("https://mirror.example/models/m/"),
    ),
)


def block(text: str, start: str) -> list[str]:
    """The lines of a block without their indent."""
    lines = [line.strip() for line in text.splitlines()]
    begin = lines.index(start)
    return lines[begin + 1 : lines.index("}", begin)]


def test_it_listens_on_the_nodes_address_alone_and_wants_the_token() -> None:
    text = relay_configuration(RELAY)
    assert [line.strip() for line in text.splitlines() if "listen" in line] == [
        "listen 10.79.0.12:8090;"
    ]
    assert block(text, f'if ($http_authorization != "Bearer {TOKEN}") {{') == ["return 403;"]


def test_the_node_before_is_asked_first_and_what_passes_is_stored() -> None:
    assert block(relay_configuration(RELAY), "location @feed0 {") == [
        "rewrite ^ /chain/$relayed_file break;",
        "proxy_pass http://feed0;",
        "proxy_set_header Host 10.79.0.11:8090;",
        'proxy_set_header Connection "";',
        'proxy_set_header Accept-Encoding "";',
        'proxy_set_header Range "";',
        f'proxy_set_header Authorization "Bearer {TOKEN}";',
        "access_log /run/baremetal-sglang-relay/passed.log passed;",
        "proxy_store /var/lib/models/.relay/5f1d2c0e9b7a/$relayed_file;",
        "proxy_store_access user:rw group:r all:r;",
        "error_page 502 504 = @feed1;",
    ]


def test_the_source_is_the_last_and_gets_no_token_and_its_certificate_is_checked() -> None:
    text = relay_configuration(RELAY)
    feed = block(text, "location @feed1 {")
    assert feed[:3] == [
        "rewrite ^ /models/m/$relayed_file break;",
        "proxy_pass https://feed1;",
        "proxy_set_header Host mirror.example;",
    ]
    assert 'proxy_set_header Authorization "";' in feed
    assert feed[-5:] == [
        "proxy_ssl_verify on;",
        "proxy_ssl_verify_depth 4;",
        "proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;",
        "proxy_ssl_server_name on;",
        "proxy_ssl_name mirror.example;",
    ]
    assert block(text, "upstream feed1 {")[0] == "server mirror.example:443 max_fails=0;"


def test_whole_files_are_looked_for_where_they_may_be_before_a_feeder_is_asked() -> None:
    text = relay_configuration(RELAY)
    assert (
        "try_files /.relay/5f1d2c0e9b7a/$relayed_file /.staging/5f1d2c0e9b7a/$relayed_file "
        "/m@5f1d2c0e9b7a/$relayed_file @feed0;"
    ) in text
    assert (
        "try_files /.staging/5f1d2c0e9b7a/$stored_file /m@5f1d2c0e9b7a/$stored_file @later;"
    ) in text


@pytest.mark.parametrize(
    ("position", "length", "seconds"), [(0, 1, 5), (0, 8, 5), (7, 8, 12), (63, 64, 24.6875)]
)
def test_a_node_waits_longer_than_the_one_before_it(
    position: int, length: int, seconds: float
) -> None:
    assert read_seconds(position, length) == seconds
    text = relay_configuration(replace(RELAY, read_seconds=seconds))
    assert f"proxy_read_timeout {round(1000 * seconds)}ms;" in text


def test_an_ipv6_address_is_bracketed() -> None:
    text = relay_configuration(
        replace(RELAY, address="fd00::2", upstreams=(Upstream("http://[fd00::1]:8090/chain"),))
    )
    assert "listen [fd00::2]:8090;" in text
    assert "server [fd00::1]:8090 max_fails=0;" in text
    assert relay_url("fd00::2", 8090) == "http://[fd00::2]:8090"


def test_the_same_relay_has_the_same_text() -> None:
    assert relay_configuration(RELAY) == relay_configuration(replace(RELAY))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"root": "/a b"}, "root '/a b'"),
        ({"root": "/a;b"}, "root '/a;b'"),
        ({"model": "$m"}, "model '$m'"),
        ({"user": "x}"}, "user 'x}'"),
        ({"run_directory": "/run/\n"}, "run_directory '/run/\\n'"),
        ({"short_digest": ""}, "digest ''"),
        ({"address": "localhost"}, "address 'localhost'"),
        ({"token": "secret"}, "a token is too short"),
        ({"upstreams": (Upstream("http://a/b%20c"),)}, "upstream 'http://a/b%20c'"),
        ({"upstreams": (Upstream("file:///srv/m"),)}, "upstream 'file:///srv/m'"),
        ({"upstreams": (Upstream("http://a", "secret"),)}, "a token is too short"),
    ],
)
def test_what_nginx_would_read_otherwise_is_refused_and_no_token_is_shown(
    values: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InputError) as caught:
        relay_configuration(replace(RELAY, **values))
    assert any(line.startswith(fault) for line in caught.value.details["faults"])
    assert "secret" not in str(caught.value)


def test_a_relay_without_an_upstream_says_of_what_it_lacks_that_it_will_come() -> None:
    text = relay_configuration(replace(RELAY, upstreams=()))
    assert "feed0" not in text
    (line,) = block(text, r"location ~ ^/chain/(?<relayed_file>.+)$ {")
    assert line.endswith("/$relayed_file @later;")
