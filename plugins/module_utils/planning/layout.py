# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sizes of an engine group's parallel dimensions and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault


@dataclass(frozen=True)
class Candidate:
    """One layout of one engine group.

    A group has C(tensor_parallel) x C(pipeline_parallel) GPUs. C(attention_data_parallel) and
    C(expert_parallel) divide C(tensor_parallel), as in SGLang's --dp-size with
    --enable-dp-attention and --ep-size. C(groups) is the number of equal groups,
    C(gpus_per_host) the GPUs that a group takes on each of its hosts.
    """

    weight_format: str
    tensor_parallel: int
    pipeline_parallel: int
    attention_data_parallel: int
    expert_parallel: int
    groups: int
    gpus_per_host: int
    speculative: bool

    @property
    def gpus(self) -> int:
        """GPUs of one group."""
        return self.tensor_parallel * self.pipeline_parallel

    @property
    def hosts(self) -> int:
        """Hosts of one group."""
        return -(-self.gpus // self.gpus_per_host)


@dataclass(frozen=True)
class Memory:
    """Bytes of the fullest GPU of a group, in parts; C(total) is what NVML reports.

    C(reserve) is what the engine leaves free outside its static fraction, of which C(activations)
    and C(graphs) are the named parts. C(tokens) is the number of KV tokens that the group holds
    (with DP attention: of all its attention groups together), C(token_bytes) bytes of one token on
    one GPU, C(static_fraction) the engine's --mem-fraction-static. C(runtime) is what driver, CUDA
    context and communicators take before the weights. The parts weights, key_value, reserve and
    runtime make the total, less a part of a page. C(key_value) below 0 is what is missing.
    C(workspace) is what the attention backend allocates for decode, out of the reserve as well.
    C(graph_requests) are requests of the largest decode graph of one attention group, 0 for no
    decode; C(running_requests) the requests of the group that may run at once where memory is the
    limit, 0 where the engine's own rule is.
    """

    total: int
    weights: int
    key_value: int
    activations: int
    graphs: int
    reserve: int
    token_bytes: int
    tokens: int
    static_fraction: float
    runtime: int = 0
    workspace: int = 0
    graph_requests: int = 0
    running_requests: int = 0


@dataclass(frozen=True)
class Cost:
    """The cost model's terms in seconds.

    Decode is one token of every running request, prefill one prompt of the typical length.

    C(decode_seconds) and C(prefill_seconds) are sums of C(terms), pairs (name, seconds) whose names
    begin with V(decode) or V(prefill). C(tokens_per_second) is of all groups together at
    C(concurrency) requests.
    """

    terms: tuple[tuple[str, float], ...]
    decode_seconds: float
    prefill_seconds: float
    concurrency: int
    tokens_per_second: float
    load_seconds: float


@dataclass(frozen=True)
class Refused:
    """A layout that was not taken: why, with its number, and the nearest change that would do."""

    candidate: Candidate
    fault: Fault


@dataclass(frozen=True)
class Considered:
    """A layout that works, with its figures."""

    candidate: Candidate
    memory: Memory
    cost: Cost
