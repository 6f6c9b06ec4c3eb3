# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The weight formats of the catalogue's SGLang that the catalogue and the checkpoint reader know.

Bytes a weight count the scales that the engine keeps beside the weights.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    WeightFormat,
)

# One float32 scale for 128 x 128 weights of one byte (fp8.py and blockwise_int8.py).
_BLOCK_BYTES = 1 + 4 / (128 * 128)
# One float32 scale for each output row (w8a8_int8.py): 0.001 byte a weight in the narrowest matrix
# of DeepSeek-R1, its experts of 2,048.
_CHANNEL_BYTES = 1.001
# 4 bits, and a bfloat16 scale for each group of 128 weights (w4afp8.py).
_W4_BYTES = 0.5 + 2 / 128
# 4 bits, and a one-byte scale for each group of 16 weights (modelopt_quant.py).
_NVFP4_BYTES = 0.5 + 1 / 16


def _uniform(name: str, compute: str, size: float, block: int) -> WeightFormat:
    """All matrices have C(size) bytes a weight, embedding, head and router the two of bfloat16."""
    return WeightFormat(
        name=name,
        compute=compute,
        expert_bytes=size,
        linear_bytes=size,
        attention_bytes=size,
        other_bytes=2.0,
        block=block,
        checkpoint_bytes=0,
        arguments=(),
        repository="",
        source="",
    )


def awq_bytes(group: int) -> float:
    """4 bits, and for each C(group) weights a float16 scale and a 4-bit zero point (awq.py)."""
    return 0.5 + 2.5 / group


BFLOAT16 = _uniform("bfloat16", "bfloat16", 2.0, 1)
FP8 = _uniform("fp8", "fp8", _BLOCK_BYTES, 128)
INT8_BLOCK = _uniform("int8-block", "int8", _BLOCK_BYTES, 128)
# SGLang's benchmark/deepseek_v3/README.md: the channel-wise checkpoint does not name its method.
INT8_CHANNEL = replace(
    _uniform("int8-channel", "int8", _CHANNEL_BYTES, 1), arguments=("--quantization", "w8a8_int8")
)
# The same page: AWQ of DeepSeek-R1 runs in float16.
AWQ = replace(
    _uniform("awq", "bfloat16", awq_bytes(64), 64),
    arguments=("--quantization", "awq_marlin", "--dtype", "float16"),
    draft=False,
)
# Experts in 4 bits, everything else in FP8 blocks (W4AFp8Config.get_quant_method).
W4AFP8 = replace(_uniform("w4afp8", "fp8", _BLOCK_BYTES, 128), expert_bytes=_W4_BYTES, draft=False)
# Attention and the draft layer stay in bfloat16 (deepseek_nextn.py drops the quantisation there).
NVFP4 = replace(_uniform("nvfp4", "fp4", _NVFP4_BYTES, 16), attention_bytes=2.0, draft_bytes=2.0)


def published(
    weight_format: WeightFormat, repository: str, checkpoint_bytes: int, source: str
) -> WeightFormat:
    """A format as one repository holds it; C(source) says where its size comes from."""
    return replace(
        weight_format,
        repository=repository,
        checkpoint_bytes=checkpoint_bytes,
        source=f"https://huggingface.co/{repository}; size {source}",
    )
