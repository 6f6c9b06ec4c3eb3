"""Fingerprints as gpg prints them, of real keys, and of what is none."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.driver.key import fingerprints

BEGIN, END = "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----END PGP PUBLIC KEY BLOCK-----"
BODY = b"\x04" + b"k" * 20
# printf '\x99\x00\x15\x04kkkkkkkkkkkkkkkkkkkk' | sha1sum
SHA1 = "FA36113577DE239E1134CA67437CAF01520374DD"


def armoured(data: bytes, *, header: str = "", checksum: str = "=AAAA\n") -> str:
    text = base64.b64encode(data).decode()
    return f"{BEGIN}\n{header}\n{text}\n{checksum}{END}\n"


@pytest.mark.parametrize("algorithm", ["ed25519", "rsa2048"])
def test_gpg_says_the_same(tmp_path: Path, algorithm: str) -> None:
    tmp_path.chmod(0o700)
    gpg = ["gpg", "--batch", "--homedir", str(tmp_path)]
    generate = ["--passphrase", "", "--quick-generate-key", "a test", algorithm, "sign", "never"]
    subprocess.run([*gpg, *generate], check=True, capture_output=True)
    key = subprocess.run(
        [*gpg, "--armor", "--export"], check=True, capture_output=True, text=True
    ).stdout
    shown = subprocess.run(
        [*gpg, "--with-colons", "--list-keys"], check=True, capture_output=True, text=True
    ).stdout
    subprocess.run(["gpgconf", "--homedir", tmp_path, "--kill", "all"], check=True)
    said = [row.split(":")[9] for row in shown.splitlines() if row.startswith("fpr:")]
    assert list(fingerprints(key)) == said[:1]
    assert fingerprints(key.replace("\n", "\r\n")) == fingerprints(key)


@pytest.mark.parametrize(
    "packet",
    [
        b"\x98\x15" + BODY,  # old format, one octet of length
        b"\x99\x00\x15" + BODY,  # two
        b"\x9a\x00\x00\x00\x15" + BODY,  # four
        b"\x9b" + BODY,  # to the end
        b"\xc6\x15" + BODY,  # new format, one octet
        b"\xc6\xff\x00\x00\x00\x15" + BODY,  # five
        b"\xb4\x01u" + b"\xc6\x15" + BODY,  # after another packet
    ],
)
def test_each_form_of_a_packets_length_is_read(packet: bytes) -> None:
    assert fingerprints(armoured(packet)) == (SHA1,)
    assert fingerprints(armoured(packet, header="Version: x\n", checksum="")) == (SHA1,)


def test_a_long_new_packet_is_passed_over() -> None:
    user = b"\xcd\xc1\x00" + b"u" * 448  # ((0xc1 - 192) << 8) + 0 + 192
    assert fingerprints(armoured(user + b"\x98\x15" + BODY)) == (SHA1,)


@pytest.mark.parametrize(
    "text", ["", "no key", armoured(b"\x98\x15\x03" + BODY[1:]), f"{BEGIN}\n\n!!!!\n{END}\n"]
)
def test_what_is_no_key_of_version_4_has_none(text: str) -> None:
    assert fingerprints(text) == ()
