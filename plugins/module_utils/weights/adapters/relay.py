# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nginx as a relay: it passes a file on while it comes, and stores it whole when it has passed.

The relay of a node answers other nodes of one run, who know the run's token, at two paths:

- ``/chain/<file>``: from this node's disk, or else from the node's own feeders while it arrives;
- ``/stored/<file>``: only what this node holds whole and verified, otherwise 503 with Retry-After.

What passes lands in ``<root>/.relay/<12 hex digits>/`` under its name, by one rename of nginx's
own; model_weights takes it from there, verifies it and publishes it. A line for each file that
passed goes to a log, which receiving.py reads. Pure functions: text out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError

CHAIN_PATH = "/chain"
STORED_PATH = "/stored"
# Seconds; as measured with nodes killed, a port down and a source away for 10 s: a node that is
# gone is passed by within a second, a source that stalls within five.
CONNECT_SECONDS = 1
READ_SECONDS = 5
# Each node behind the head waits longer than the one before it, which gives up first and says so:
# if all gave up at once, each would ask the next feeder, and so would those. Less than the 30 s
# (STALL_SECONDS) after which model_weights leaves its own relay.
HOP_READ_SECONDS = 1
LONGEST_READ_SECONDS = 25
RETRY_AFTER_SECONDS = 1
PASSED_LOG = "passed.log"
TRUSTED_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# What can stand in nginx's configuration without quotes and means nothing to it.
_PLAIN = re.compile(r"[A-Za-z0-9._/@:+~\[\]-]+")
_ADDRESS = re.compile(r"[0-9a-fA-F.:]+")
_TOKEN = re.compile(r"[0-9a-f]{32,}")


@dataclass(frozen=True)
class Upstream:
    """Where a relay gets what it lacks: the URL of a directory; ``token`` empty: none."""

    url: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Relay:
    """One node's relay for one version of one model.

    ``address`` is the node's address on the cluster network, the only one that is listened on;
    ``root`` the weights root, ``short_digest`` the version's 12 hex digits, ``upstreams`` are asked
    in turn (none: the node gets its files itself), ``user`` is whom nginx's workers run as,
    ``run_directory`` is root's and holds the pid and the log. ``read_seconds`` is how long an
    upstream may send nothing.
    """

    address: str
    port: int
    token: str = field(repr=False)
    root: str
    model: str
    short_digest: str
    upstreams: tuple[Upstream, ...]
    user: str = "www-data"
    run_directory: str = "/run/baremetal-sglang-relay"
    read_seconds: float = READ_SECONDS


def read_seconds(position: int, length: int) -> float:
    """How long a chain's node waits for the one before it; ``position`` is 0 at the head."""
    hop = min(HOP_READ_SECONDS, (LONGEST_READ_SECONDS - READ_SECONDS) / length)
    return READ_SECONDS + position * hop


def relay_url(address: str, port: int) -> str:
    """URL of a relay; CHAIN_PATH or STORED_PATH behind it is the URL of a directory."""
    return f"http://{_bracketed(address)}:{port}"


def relay_configuration(relay: Relay) -> str:
    """The nginx configuration of a relay; it holds the token, so only root may read the file.

    Raises InputError for what would mean something else to nginx than it says.
    """
    faults = _faults(relay)
    if faults:
        raise InputError(f"the relay on {relay.address} is refused", faults)
    number = range(len(relay.upstreams))
    upstreams = [_upstream(n, relay.upstreams[n]) for n in number]
    feeds = [_feed(relay, n) for n in number]
    server = _SERVER.format(
        listen=f"{_bracketed(relay.address)}:{relay.port}",
        token=relay.token,
        root=relay.root,
        staging=f"/.staging/{relay.short_digest}",
        relayed=f"/.relay/{relay.short_digest}",
        version=f"/{relay.model}@{relay.short_digest}",
        retry_after=RETRY_AFTER_SECONDS,
        # Without an upstream what is not there yet will come by the node's own doing.
        absent="@feed0" if feeds else "@later",
        feeds=_indented(feeds, 8),
    )
    return _MAIN.format(
        user=relay.user,
        run=relay.run_directory,
        log=PASSED_LOG,
        temporary=f"{relay.root}/.relay/temporary",
        connect=CONNECT_SECONDS,
        read=round(1000 * relay.read_seconds),
        upstreams=_indented(upstreams, 4),
        server=_indented([server], 4),
    )


def _faults(relay: Relay) -> list[str]:
    faults = [
        f"{what} {value!r}: letters, digits and any of ._/@:+~[]- are needed"
        for what, value in _texts(relay)
        if not _PLAIN.fullmatch(value)
    ]
    if not _ADDRESS.fullmatch(relay.address):
        faults.append(f"address {relay.address!r}: an IPv4 or IPv6 address is needed")
    if not all(_TOKEN.fullmatch(token) for token in _tokens(relay)):
        faults.append("a token is too short: 32 lower-case hex digits or more are needed")
    faults += [
        f"upstream {upstream.url!r}: http:// or https:// with a host is needed; "
        "other sources cannot head a chain"
        for upstream in relay.upstreams
        if urlsplit(upstream.url).scheme not in ("http", "https")
        or not urlsplit(upstream.url).hostname
    ]
    return faults


def _texts(relay: Relay) -> Iterator[tuple[str, str]]:
    yield from (("root", relay.root), ("model", relay.model), ("user", relay.user))
    yield from (("digest", relay.short_digest), ("run_directory", relay.run_directory))
    yield from (("upstream", upstream.url) for upstream in relay.upstreams)


def _tokens(relay: Relay) -> list[str]:
    return [relay.token, *(upstream.token for upstream in relay.upstreams if upstream.token)]


def _upstream(number: int, upstream: Upstream) -> str:
    parts = urlsplit(upstream.url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    host = _bracketed(parts.hostname or "")
    # One server each: which one is next is decided below, not by nginx's balancer.
    return (
        f"upstream feed{number} {{\n    server {host}:{port} max_fails=0;\n    keepalive 16;\n}}\n"
    )


def _feed(relay: Relay, number: int) -> str:
    upstream = relay.upstreams[number]
    parts = urlsplit(upstream.url)
    authorization = f"Bearer {upstream.token}" if upstream.token else ""
    lines = [
        f"rewrite ^ {parts.path.rstrip('/')}/$relayed_file break;",
        f"proxy_pass {parts.scheme}://feed{number};",
        f"proxy_set_header Host {parts.netloc};",
        'proxy_set_header Connection "";',
        'proxy_set_header Accept-Encoding "";',
        # A part of a file is not stored; whoever asks for one gets the file from its start.
        'proxy_set_header Range "";',
        f'proxy_set_header Authorization "{authorization}";',
        f"access_log {relay.run_directory}/{PASSED_LOG} passed;",
        f"proxy_store {relay.root}/.relay/{relay.short_digest}/$relayed_file;",
        "proxy_store_access user:rw group:r all:r;",
    ]
    if parts.scheme == "https":
        lines += _verified_tls(parts.hostname or "")
    if number + 1 < len(relay.upstreams):
        lines.append(f"error_page 502 504 = @feed{number + 1};")
    return f"location @feed{number} {{\n{_indented(lines, 4)}\n}}\n"


def _verified_tls(host: str) -> list[str]:
    return [
        "proxy_ssl_verify on;",
        "proxy_ssl_verify_depth 4;",
        f"proxy_ssl_trusted_certificate {TRUSTED_CERTIFICATES};",
        "proxy_ssl_server_name on;",
        f"proxy_ssl_name {host};",
    ]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _indented(blocks: Sequence[str], spaces: int) -> str:
    lines = "\n".join(blocks).splitlines()
    return "\n".join(f"{' ' * spaces}{line}" if line else "" for line in lines)


_MAIN = """\
user {user};
worker_processes auto;
pid {run}/nginx.pid;
error_log {run}/error.log warn;

events {{
    worker_connections 1024;
}}

http {{
    # Of a request that went through several places nginx names all of them, the last one served it.
    log_format passed escape=json '{{"file": "$relayed_file", "from": "$upstream_addr", '
        '"bytes": "$upstream_response_length", "seconds": "$upstream_response_time", '
        '"at": "$msec", "status": "$status"}}';
    # Only what a relay gets from others is logged; the file is there also where it gets nothing.
    access_log {run}/{log} passed if=0;
    server_tokens off;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;

    # Beside the store, so that a rename makes a file appear there whole.
    proxy_temp_path {temporary};
    client_body_temp_path {temporary};
    proxy_http_version 1.1;
    proxy_connect_timeout {connect}s;
    proxy_read_timeout {read}ms;
    proxy_next_upstream off;
    # A file that began to pass is stored even when nobody behind reads it any more.
    proxy_ignore_client_abort on;
    recursive_error_pages on;
    # A buffer that is not full waits, on every node and for every file: small ones, and many.
    proxy_buffer_size 16k;
    proxy_buffers 64 16k;
    proxy_busy_buffers_size 128k;

{upstreams}

{server}
}}
"""

_SERVER = """\
server {{
    listen {listen};
    root {root};

    if ($http_authorization != "Bearer {token}") {{
        return 403;
    }}
    if ($request_method !~ ^(GET|HEAD)$) {{
        return 405;
    }}

    location / {{
        return 404;
    }}
    location ~ ^/chain/(?<relayed_file>.+)$ {{
        try_files {relayed}/$relayed_file {staging}/$relayed_file {version}/$relayed_file {absent};
    }}
    location ~ ^/stored/(?<stored_file>.+)$ {{
        try_files {staging}/$stored_file {version}/$stored_file @later;
    }}
    location @later {{
        add_header Retry-After {retry_after} always;
        return 503;
    }}
{feeds}
}}"""
