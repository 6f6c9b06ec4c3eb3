"""A process that answers as SGLang does, for tests of the harness; it computes nothing.

Its log and its /server_info are those that an H100 recorded. `STANDIN` in the environment makes it
end at once (`dies`), never become healthy (`hangs`) or answer with a token too few (`short`).
Ranks other than 0 only wait, and no rank cares for the others.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOG = """\
[2026-11-24 15:09:45] Load weight begin. avail mem=78.50 GB
[2026-11-24 15:09:46] Load weight end. elapsed=0.44 s, type=DeepseekV2ForCausalLM, \
avail mem=49.04 GB, mem usage=29.47 GB.
[2026-11-24 15:09:46] KV Cache is allocated. dtype: torch.bfloat16, #tokens: 1261455, KV size: \
36.54 GB
[2026-11-24 15:09:46] Memory pool end. avail mem=10.08 GB
[2026-11-24 15:09:46] Capture target decode CUDA graph begin. backend=full, num_tokens_per_req=1, \
bs=[1, 2, 4, 8], avail mem=9.92 GB
[2026-11-24 15:11:09] Capture target decode CUDA graph end. elapsed=83.18 s, mem usage=0.16 GB, \
avail mem=9.76 GB.
[2026-11-24 15:11:09] max_total_num_tokens=1261455, chunked_prefill_size=8192, \
max_prefill_tokens=16384, max_running_requests=3942, context_len=163840, available_gpu_mem=9.76 GB
"""
GRAPHS = {
    "prefill": 0.0,
    "decode": 0.158,
    "target_verify": 0.0,
    "draft_prefill": 0.0,
    "draft_decode": 0.0,
    "draft_extend": 0.0,
}
INFO = {
    "mem_fraction_static": 0.841,
    "chunked_prefill_size": 8192,
    "max_total_num_tokens": 1261455,
    "cuda_graph_config": {"decode": {"max_bs": 8}},
    "internal_states": [
        {
            "memory_usage": {
                "weight": 29.467,
                "kvcache": 36.542,
                "startup_available": 9.759,
                "graph": GRAPHS,
            },
            "effective_max_running_requests_per_dp": 3942,
        }
    ],
}
MODE = os.environ.get("STANDIN", "")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(INFO if self.path == "/server_info" else {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = body["sampling_params"]["max_new_tokens"]
        self._answer({"meta_info": {"completion_tokens": asked - (MODE == "short")}})

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""

    def _answer(self, body: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


def main(arguments: list[str]) -> None:
    options = dict(itertools.pairwise(arguments))
    print("ARGUMENTS", json.dumps(arguments), os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    if MODE == "dies":
        sys.exit("RuntimeError: CUDA out of memory")
    if MODE == "hangs" or options.get("--node-rank", "0") != "0":
        time.sleep(60)
    print(LOG, flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(options["--port"])), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
