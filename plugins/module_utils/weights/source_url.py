# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a model comes from: the URL of a source, what it says, and what is wrong with it.

Pure functions over values. A URL never holds credentials, since results and logs show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Callable, Optional
from urllib.parse import SplitResult, quote, unquote, urlsplit

# Schemes of a directory on a web server, the only ones that nginx can read too.
WEB_SCHEMES = ("http", "https")
# Schemes of a hub that speaks Hugging Face's HTTP API.
HUB_SCHEMES = ("hf+http", "hf+https")
# Schemes of a server that speaks S3.
S3_SCHEMES = ("s3+http", "s3+https")
# What AWS, MinIO and Ceph take a request to be for unless they are told otherwise.
DEFAULT_REGION = "us-east-1"
# A commit of git; branches and tags have other names, and what they name can change.
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"\w[\w.-]*")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_REGION = re.compile(r"[a-z0-9-]+")
_WHITE = re.compile(r"[\s\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Credentials:
    """What a source wants to see; empty where it gives its files to everybody.

    ``token`` is for a hub or a web server, the others are for S3.
    """

    token: str = field(default="", repr=False)
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    region: str = DEFAULT_REGION

    @property
    def given(self) -> bool:
        """Whether there is a secret among them."""
        return bool(self.token or self.access_key or self.secret_key)


NO_CREDENTIALS = Credentials()


@dataclass(frozen=True)
class SourceFault:
    """What is wrong with a source: of its variables the one whose name ends in ``suffix``."""

    suffix: str
    found: str
    needed: str

    def line(self, variable: str) -> str:
        """The fault as one line; ``variable`` is the name of the one that holds the URL."""
        return f"{variable}{self.suffix} {self.found}: {self.needed}"


@dataclass(frozen=True)
class HubRepository:
    """A model on a hub: ``endpoint`` is the hub's URL, ``name`` is ``ORG/NAME``."""

    endpoint: str
    name: str
    revision: str


@dataclass(frozen=True)
class S3Prefix:
    """Objects on an S3 server: ``endpoint`` is its URL; the prefix may be empty."""

    endpoint: str
    bucket: str
    prefix: str


@dataclass(frozen=True)
class FilePlace:
    """A directory: of ``host`` alone, or of whoever is asked where the host is empty."""

    host: str
    path: str

    @property
    def url(self) -> str:
        """The URL of the directory on the host that has it."""
        return f"file://{quote(self.path)}"


def file_place(source: str) -> Optional[FilePlace]:
    """Take apart ``file://HOST/PATH`` or ``file:///PATH``; None for another scheme."""
    parts = urlsplit(source)
    if parts.scheme != "file":
        return None
    return FilePlace(parts.netloc, unquote(parts.path).rstrip("/"))


def s3_prefix(source: str) -> S3Prefix:
    """Take apart ``s3+https://ENDPOINT/BUCKET/PREFIX``, whose URL was checked."""
    parts = urlsplit(source)
    bucket, _slash, prefix = unquote(parts.path).strip("/").partition("/")
    return S3Prefix(f"{parts.scheme.partition('+')[2]}://{parts.netloc}", bucket, prefix)


def hub_repository(source: str) -> HubRepository:
    """Take apart ``hf+https://HOST/ORG/NAME@REVISION``, whose URL was checked.

    A hub may lie below a path of its host, as behind a repository manager.
    """
    parts = urlsplit(source)
    before, _at, revision = unquote(parts.path).rpartition("@")
    path, organisation, name = before.rsplit("/", 2)
    scheme = parts.scheme.partition("+")[2]
    endpoint = f"{scheme}://{parts.netloc}{path}"
    return HubRepository(endpoint, f"{organisation}/{name}", revision.strip("/"))


def is_relayable(source: str) -> bool:
    """Whether a relay can read a source: nginx signs no request and follows no redirect."""
    return urlsplit(source).scheme in WEB_SCHEMES


def moving_revision(source: str) -> str:
    """The revision of a hub's model when it is a branch or a tag, which may move; else empty."""
    if urlsplit(source).scheme not in HUB_SCHEMES:
        return ""
    revision = hub_repository(source).revision
    return "" if _COMMIT.fullmatch(revision) else revision


def source_faults(source: str, credentials: Credentials) -> Iterator[SourceFault]:
    """Faults of a source's URL and of the credentials given for it."""
    yield from url_faults(source)
    yield from credential_faults(source, credentials)


def credential_faults(source: str, credentials: Credentials) -> Iterator[SourceFault]:
    """Faults of the credentials given for a source."""
    scheme = urlsplit(source).scheme
    wanted = {
        "_token": (*HUB_SCHEMES, *WEB_SCHEMES),
        "_access_key": S3_SCHEMES,
        "_secret_key": S3_SCHEMES,
    }
    secrets = {
        "_token": credentials.token,
        "_access_key": credentials.access_key,
        "_secret_key": credentials.secret_key,
    }
    for suffix, secret in secrets.items():
        if secret and scheme not in wanted[suffix]:
            needed = f"only a source of {_listed(wanted[suffix])} takes it"
            yield SourceFault(suffix, "is set", needed)
        if _WHITE.search(secret):
            yield SourceFault(suffix, "is set", "it holds white space, none is needed")
    if bool(credentials.access_key) != bool(credentials.secret_key):
        missing = "_secret_key" if credentials.access_key else "_access_key"
        yield SourceFault(missing, "is empty", "an access key and its secret key, or neither")
    if not _REGION.fullmatch(credentials.region):
        found = repr(credentials.region)
        yield SourceFault("_region", found, "lower-case letters, digits and '-' are needed")


def url_faults(source: str, schemes: Sequence[str] = ()) -> Iterator[SourceFault]:
    """Faults of the URL of a directory with one of the schemes; empty: any that a source has."""
    parts = urlsplit(source)
    shown = repr(_without_secrets(source))
    known = schemes or [*_RULES]
    if parts.scheme in known:
        needed = [*_RULES[parts.scheme](parts)]
    else:
        needed = [f"a URL with one of the schemes {', '.join(known)} is needed"]
    if "@" in source.partition("://")[2].partition("/")[0]:
        needed.append("the URL holds credentials, which would be shown in results")
    if parts.query or parts.fragment:
        needed.append("the URL of a directory has no query and no fragment")
    yield from (SourceFault("", shown, each) for each in needed)


def _file_needs(parts: SplitResult) -> Iterator[str]:
    if parts.netloc or not parts.path.startswith("/"):
        yield "file:// needs an absolute path and no host (file:///path)"


def _host_needs(parts: SplitResult) -> Iterator[str]:
    if not parts.hostname:
        yield "the URL names no host"
    try:
        parts.port  # noqa: B018  it is parsed when it is asked for
    except ValueError:
        yield "the URL's port is no number from 0 to 65535"


def _hub_needs(parts: SplitResult) -> Iterator[str]:
    yield from _host_needs(parts)
    form = f"{parts.scheme}://HOST/ORG/NAME@REVISION"
    before, at, revision = unquote(parts.path).rpartition("@")
    if not at or not revision.strip("/"):
        yield f"the revision is missing; {form} is needed, with a commit's 40 hex digits at best"
        before = before or unquote(parts.path)
    names = before.strip("/").split("/")
    if len(names) < 2 or not all(_NAME.fullmatch(name) for name in names):
        yield f"the URL names no repository; {form} is needed"


def _s3_needs(parts: SplitResult) -> Iterator[str]:
    yield from _host_needs(parts)
    form = f"{parts.scheme}://ENDPOINT/BUCKET/PREFIX"
    bucket = unquote(parts.path).strip("/").partition("/")[0]
    if not bucket:
        yield f"the bucket is missing; {form} is needed"
    elif not _BUCKET.fullmatch(bucket):
        yield f"{bucket!r} is no name of a bucket; {form} is needed"


_RULES: Mapping[str, Callable[[SplitResult], Iterator[str]]] = {
    "file": _file_needs,
    **dict.fromkeys(WEB_SCHEMES, _host_needs),
    **dict.fromkeys(HUB_SCHEMES, _hub_needs),
    **dict.fromkeys(S3_SCHEMES, _s3_needs),
}


def _listed(schemes: tuple[str, ...]) -> str:
    return " or ".join(f"{scheme}://" for scheme in schemes)


def _without_secrets(source: str) -> str:
    """The URL as it may be shown: of a path alone a hub's may hold one ``@``, its revision's."""
    scheme, separator, rest = source.partition("://")
    credentials, _at, host = rest.partition("/")[0].rpartition("@")
    pieces = rest.split("@")
    if credentials:
        rest = host + rest[len(credentials) + 1 + len(host) :]
    elif len(pieces) > 2 or scheme not in HUB_SCHEMES:
        rest = "@".join(pieces[-2:] if scheme in HUB_SCHEMES else pieces[-1:])
    return f"{scheme}{separator}{re.split('[?#]', rest)[0]}"
