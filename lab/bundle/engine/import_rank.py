"""Import what the processes of a rank import, so that Python keeps their byte code."""

from __future__ import annotations

import importlib

MODULES = (
    "sglang.launch_server",
    "sglang.srt.entrypoints.http_server",
    "sglang.srt.managers.scheduler",
    "sglang.srt.managers.detokenizer_manager",
    "sglang.srt.models.registry",
    "sglang.srt.layers.attention.torch_native_backend",
)

for name in MODULES:
    importlib.import_module(name)
