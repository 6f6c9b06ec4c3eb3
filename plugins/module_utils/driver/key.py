# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fingerprints of an ASCII-armoured OpenPGP key, before anything trusts it.

Own code: neither Python nor ansible-core reads OpenPGP, and gpg is not on a minimal host, where a
wrong key has to be refused before the first package is installed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

# RFC 4880: section 4.3 (tags of packets), 6.2 (armour), 12.2 (a version 4 fingerprint is the SHA-1
# of 0x99, two octets of length and the packet's body). NVIDIA's keys are of version 4.
PUBLIC_KEY_TAG = 6
VERSION = 4
ARMOUR = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\n(?:.+\n)*?\n(?P<data>[\s\S]+?)"
    r"(?:\n=\S{4})?\n-----END PGP PUBLIC KEY BLOCK-----"
)


def fingerprints(text: str) -> tuple[str, ...]:
    """Fingerprints (40 hex digits) of the primary keys in C(text), in order; () without one."""
    found: list[str] = []
    for block in ARMOUR.finditer(text.replace("\r\n", "\n")):
        try:
            data = base64.b64decode("".join(block["data"].split()), validate=True)
        except binascii.Error:
            continue
        found += _of_packets(data)
    return tuple(found)


def _of_packets(data: bytes) -> list[str]:
    found = []
    while data:
        tag, start, length = _header(data)
        body = data[start : start + length]
        if tag == PUBLIC_KEY_TAG and body[:1] == bytes([VERSION]):
            found.append(_fingerprint(body))
        data = data[start + length :]
    return found


def _fingerprint(body: bytes) -> str:
    """SHA-1 because RFC 4880 says so: the key it is compared with is pinned in the catalogue."""
    prefix = b"\x99" + len(body).to_bytes(2, "big")
    return hashlib.sha1(prefix + body, usedforsecurity=False).hexdigest().upper()


def _header(data: bytes) -> tuple[int, int, int]:
    """Tag, where the body starts, and its length (all that is left, where it does not say)."""
    first = data[0]
    if first & 0x40:  # new format
        tag, octet = first & 0x3F, _number(data[1:2])
        if octet < 192:
            return tag, 2, octet
        if octet < 224:
            return tag, 3, ((octet - 192) << 8) + _number(data[2:3]) + 192
        return tag, 6, _number(data[2:6])
    tag, kind = (first & 0x3C) >> 2, first & 0x03
    if kind == 3:
        return tag, 1, len(data)
    size = 1 << kind
    return tag, 1 + size, _number(data[1 : 1 + size])


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")
