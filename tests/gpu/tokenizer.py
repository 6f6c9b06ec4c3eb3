"""A tokenizer without training: one token for each byte, and three special ones.

The engine insists on a tokenizer; measurements send token ids.
"""

from __future__ import annotations

import json

SPECIAL = ("<|pad|>", "<|bos|>", "<|eos|>")


def byte_symbols() -> tuple[str, ...]:
    """The character that stands for each byte in the ByteLevel pre-tokenizer of `tokenizers`.

    Printable bytes stand for themselves, the others for the characters from 256 on, as in
    bytes_to_unicode of GPT-2.
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = [byte for byte in range(256) if byte not in printable]
    return tuple(
        chr(byte if byte in printable else 256 + hidden.index(byte)) for byte in range(256)
    )


def tokenizer_files(context: int) -> dict[str, str]:
    """Content of the tokenizer's files by their names; `context` is the model's, in tokens."""
    pad, begin, end = SPECIAL
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": pad,
        "bos_token": begin,
        "eos_token": end,
        "model_max_length": context,
        "chat_template": "{% for message in messages %}{{ message['content'] }}\n{% endfor %}",
    }
    return {
        "tokenizer.json": json.dumps(_tokenizer()),
        "tokenizer_config.json": json.dumps(configuration),
        "generation_config.json": json.dumps({"bos_token_id": 1, "eos_token_id": 2}),
    }


def _tokenizer() -> dict[str, object]:
    bytes_from = len(SPECIAL)
    vocabulary = {symbol: bytes_from + byte for byte, symbol in enumerate(byte_symbols())}
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": number, "content": token, "special": True, **plain}
            for number, token in enumerate(SPECIAL)
        ],
        "normalizer": None,
        "pre_tokenizer": {**byte_level, "use_regex": True},
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {**dict(zip(SPECIAL, range(bytes_from), strict=True)), **vocabulary},
            "merges": [],
        },
    }
