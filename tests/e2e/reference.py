"""Greedy decoding by transformers, run inside the engine image on the served model's weights.

Usage: reference.py MODEL_DIRECTORY MAX_NEW_TOKENS QUESTION... prints a JSON object per question:
{"prompt": [token ids], "completion": [token ids]}. A completion has no end-of-sequence token.
"""

from __future__ import annotations

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    """Answer every question of the command line."""
    directory, limit, *questions = sys.argv[1:]
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    for question in questions:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False
        )
        prompt = tokenizer(text, add_special_tokens=False)["input_ids"]
        output = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=int(limit))
        completion = [
            token for token in output[0][len(prompt) :].tolist() if token != tokenizer.eos_token_id
        ]
        print(json.dumps({"prompt": prompt, "completion": completion}), flush=True)


if __name__ == "__main__":
    main()
