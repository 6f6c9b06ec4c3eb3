"""Write the Hugging Face directory of a model from its GGUF file; runs inside the engine image.

    convert_gguf.py SOURCE_GGUF OUTPUT_DIRECTORY

The weights are dequantised to bfloat16. The output embeddings become a tensor of their own
(untied): with pipeline parallelism SGLang's last stage has no input embeddings to share.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

# Eight files of a 135M model: enough for parallel reads and for a resume in the middle.
SHARD_SIZE = "40MB"


def main() -> None:
    """Convert, leaving config.json, tokenizer, shards and their index."""
    gguf, output = (Path(word) for word in sys.argv[1:])
    source = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.bfloat16)
    untie(model)
    model.save_pretrained(output, max_shard_size=SHARD_SIZE)
    tokenizer = AutoTokenizer.from_pretrained(**source)
    # The GGUF's ends of text are ids; transformers takes other tokens for them.
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(model.config.eos_token_id)
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(model.config.pad_token_id)
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.save_pretrained(output)


def untie(model: PreTrainedModel) -> None:
    """Give the output embeddings weights of their own."""
    weights = model.get_input_embeddings().weight.detach().clone()
    model.get_output_embeddings().weight = torch.nn.Parameter(weights)
    model.config.tie_word_embeddings = False


if __name__ == "__main__":
    main()
