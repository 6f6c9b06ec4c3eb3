# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the keys of an intent file become in the real engine, the real router and the planner.

Each function takes the parsed value and all parsed values of the file by key, and says what became
of it and why. Nothing it returns is applied here.

Sources: the engine's options are those of server_args.py in the catalogue's SGLang; the router's
those of router_args.py in the catalogue's smg; NCCL's variables those of its user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

RDMA = "rdma"
TCP = "tcp"
LEAST_CONNECTIONS = "least_connections"
MIB = 1024**2
# MiB. NCCL's own NCCL_BUFFSIZE is 4 MiB (user guide), and each channel of each peer has one. What
# is larger is not passed on: 16 channels of 16 MiB already are 256 MiB of a GPU for each peer.
NCCL_BUFFER = 4
LARGEST_NCCL_BUFFER = 16
CHANNELS = 16


@dataclass(frozen=True)
class Settings:
    """What an intent file sets. Empty values leave the choice to the planner.

    C(transport) is V(rdma), V(tcp) or empty. C(environment) is for every rank. C(constraints) are
    (field of Constraints, value). C(load_balance_method) is the engine's choice among attention
    groups, which only engines with DP attention take. C(router_arguments) choose the policy.
    """

    transport: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    load_balance_method: str = ""
    router_arguments: tuple[str, ...] = ()
    constraints: tuple[tuple[str, Any], ...] = ()
    topology_file: str = ""

    def with_more(self, other: Settings) -> Settings:
        """Both together; no two keys of a file set the same text."""
        return Settings(
            **{part.name: getattr(self, part.name) + getattr(other, part.name) for part in _PARTS}
        )


_PARTS = fields(Settings)


@dataclass(frozen=True)
class Outcome:
    """What became of one key. C(became) is empty where there is no equivalent."""

    became: str
    why: str
    settings: Settings = field(default_factory=Settings)


Values = Mapping[str, Any]


def nothing(why: str) -> Outcome:
    """No equivalent, and the reason."""
    return Outcome("", why)


def protocol(value: str, _values: Values) -> Outcome:
    """RDMA is required then, not preferred; TCP turns the fabric off."""
    if value == "RDMA":
        return Outcome(
            "NCCL_NET=IB where an engine spans hosts",
            "NCCL takes RDMA by itself when it finds a port, and TCP without a word when it finds"
            " none; with this variable it stops instead. A host without a port that is up is"
            " refused before.",
            Settings(transport=RDMA),
        )
    return Outcome(
        "NCCL_IB_DISABLE=1 where an engine spans hosts",
        "NCCL leaves the RDMA ports alone and uses sockets. Disaggregation is refused then.",
        Settings(transport=TCP),
    )


def buffer_size(value: int, _values: Values) -> Outcome:
    """NCCL's buffer between two GPUs, as long as it leaves the GPU's memory to the model."""
    if value <= LARGEST_NCCL_BUFFER * MIB:
        return Outcome(
            f"NCCL_BUFFSIZE={value}",
            f"The size of NCCL's buffer between two GPUs; its own is {NCCL_BUFFER} MiB.",
            Settings(environment=(("NCCL_BUFFSIZE", str(value)),)),
        )
    return nothing(
        f"The nearest setting is NCCL_BUFFSIZE, of which NCCL has one for each channel and peer:"
        f" {CHANNELS} channels would take {value * CHANNELS // MIB} MiB of each GPU for each peer,"
        f" out of the KV cache. NCCL's own is {NCCL_BUFFER} MiB;"
        f" up to {LARGEST_NCCL_BUFFER}MB is passed on."
    )


def compression(value: bool, _values: Values) -> Outcome:
    """Nothing between GPUs is compressed."""
    if not value:
        return Outcome("off", "Neither NCCL nor the engine compresses what GPUs exchange.")
    return nothing(
        "Neither NCCL nor the engine compresses what GPUs exchange. Fewer bytes come from a"
        " smaller format, which changes the answers and is therefore asked for by name."
    )


def zero_copy(value: bool, _values: Values) -> Outcome:
    """The engine's own way, without a switch."""
    if value:
        return Outcome(
            "the engine's default",
            "Ranks of one pod reach each other's GPU memory over CUDA IPC and NVLink, and share"
            " /dev/shm, whose size the plan sets; over the fabric the port reads GPU memory where"
            " the host can (DMA-BUF or nvidia_peermem).",
        )
    return nothing("The engine has no switch that turns direct access off as a whole.")


def all_reduce(value: str, _values: Values) -> Outcome:
    """NCCL's algorithm."""
    if value == "auto":
        return Outcome(
            "NCCL's choice", "NCCL reads the topology itself and chooses by message size."
        )
    return Outcome(
        "NCCL_ALGO=Ring",
        "NCCL lays its rings along the topology that it finds. Trees and NVLS, which are faster"
        " for the small messages of decode, are off then; auto leaves the choice to NCCL. Inside a"
        " host the engine's own all-reduce stays, which is no ring.",
        Settings(environment=(("NCCL_ALGO", "Ring"),)),
    )


def topology_file(value: str, _values: Values) -> Outcome:
    """The planner reads the racks."""
    return Outcome(
        "site_topology_file",
        "The engine has no option for it: the planner reads the racks and places the ranks.",
        Settings(topology_file=value),
    )


_LEAST_CONNECTIONS = Outcome(
    "--policy power_of_two --power-of-two-load-metric least_requests (router);"
    " --load-balance-method total_requests (engines with DP attention)",
    "The router has no policy of this name. With this metric power_of_two takes, of all engines,"
    " one with the fewest requests in flight; least_load does not, it compares expected waits. Each"
    " router counts its own requests.",
    Settings(
        router_arguments=(
            *("--policy", "power_of_two"),
            *("--power-of-two-load-metric", "least_requests"),
        ),
        load_balance_method="total_requests",
    ),
)
# Policies that the router has under their own names.
_POLICIES = {
    "round_robin": "The router's policy of this name.",
    "random": "The router's policy of this name.",
    "cache_aware": "The router's policy of this name, and its default.",
    "power_of_two": "The router's policy of this name: the shorter expected wait of two engines"
    " drawn at random.",
    "least_load": "The router's policy of this name: the shortest expected wait of all engines,"
    " from what they say of their load.",
    "manual": "The router's policy of this name: requests with the same routing key go to the same"
    " engine.",
}
STRATEGIES = (LEAST_CONNECTIONS, *_POLICIES)


def strategy(value: str, _values: Values) -> Outcome:
    """A policy of the router."""
    if value == LEAST_CONNECTIONS:
        return _LEAST_CONNECTIONS
    return Outcome(
        f"--policy {value} (router)",
        _POLICIES[value],
        Settings(router_arguments=("--policy", value)),
    )


def update_interval(value: int, _values: Values) -> Outcome:
    """How often the router asks the engines for their load."""
    return Outcome(
        f"--load-monitor-interval {value} (router)",
        "The seconds between two questions to each engine for its load, under every policy: engines"
        " with a long queue or a full KV cache are passed over. Requests in flight the router"
        " counts itself, so these are new at each request.",
        Settings(router_arguments=("--load-monitor-interval", str(value))),
    )


def mixed_precision(value: tuple[str, ...], _values: Values) -> Outcome:
    """A published weight format, never a conversion."""
    if "FP8" in value:
        return Outcome(
            "weight_format fp8",
            "The checkpoint that is published in FP8: its matrices are FP8; embedding, head and"
            " norms are BF16, and so are activations. The planner refuses it on GPUs without FP8"
            " units. FP16 is not forced on a checkpoint made for BF16.",
            Settings(constraints=(("weight_format", "fp8"),)),
        )
    return Outcome(
        "weight_format bfloat16",
        "The checkpoint in 16 bits, in the 16-bit format that its config.json names.",
        Settings(constraints=(("weight_format", "bfloat16"),)),
    )


def parallel(name: str, why: str) -> Any:
    """A size of the layout that a person sets, as a field of Constraints."""

    def outcome(value: int, _values: Values) -> Outcome:
        if value == 0:
            return Outcome("the planner's choice", why)
        return Outcome(f"{name} {value}", why, Settings(constraints=((name, value),)))

    return outcome


def metrics_path(_value: str, _values: Values) -> Outcome:
    """Every plan has it."""
    return Outcome(
        "--enable-metrics",
        "The engine serves /metrics on its serving port once it has this option, which the planner"
        " always gives.",
    )


def metrics_port(value: str, _values: Values) -> Outcome:
    """A number is the router's own port; a name belongs to a Service."""
    if value.isdigit():
        return Outcome(
            f"--prometheus-port {value} (router)",
            "The router has a port of its own for metrics; an engine's are on its serving port.",
            Settings(router_arguments=("--prometheus-port", value)),
        )
    return nothing(
        "A name of a port belongs to a Service. The engine serves metrics on its serving port,"
        " the router on 29000."
    )


def unmapped(why: str) -> Any:
    """A key of something that neither the engine nor the router does."""

    def outcome(_value: object, _values: Values) -> Outcome:
        return nothing(why)

    return outcome
