"""For each alert: series under which it fires, and near ones under which it stays silent.

Values are promtool's: C(0.9x10) is eleven samples, one a minute; C(0+5x10) grows by 5 a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RANK = {"namespace": "serving", "group": "llama-r1", "replica": "0"}
POD = {"namespace": "serving", "pod": "llama-r1-0-2"}
ROUTER = {"namespace": "serving", "pod": "router-abc"}
HOST = {"instance": "10.0.0.1:9100"}
MODEL = {**HOST, "model": "r1", "digest": "09af"}
PORT = {**HOST, "device": "mlx5_0", "port": "1"}
GPU = {"instance": "10.0.0.1:9400", "gpu": "3", "UUID": "GPU-3"}


@dataclass(frozen=True)
class Case:
    """An alert fires at minute C(at) with C(labels) under C(fires), and not under C(silent)."""

    fires: Mapping[str, str]
    silent: Mapping[str, str]
    at: int
    labels: Mapping[str, str] = field(default_factory=dict)


def series(metric: str, **labels: str) -> str:
    """A series as PromQL writes it."""
    return f"{metric}{{{','.join(f'{name}={value!r}' for name, value in labels.items())}}}".replace(
        "'", '"'
    )


def engine(metric: str, **labels: str) -> str:
    """A series of a rank."""
    return series(metric, job="serving/sglang-engine", **RANK, **labels)


def router(metric: str, **labels: str) -> str:
    """A series of a router."""
    return series(metric, job="serving/sglang-router", **ROUTER, **labels)


def first_tokens(fast: int, slow: int) -> dict[str, str]:
    """So many first tokens a minute within 0.4 s and within 0.8 s."""
    bucket = "sglang:time_to_first_token_seconds_bucket"
    counts = {"0.4": fast, "0.8": fast + slow, "+Inf": fast + slow}
    return {engine(bucket, le=le): f"0+{count}x20" for le, count in counts.items()}


def up(rank: int, value: str, job: str = "engine") -> dict[str, str]:
    """A target of a job."""
    pod = f"llama-r1-0-{rank}"
    return {series("up", job=f"serving/sglang-{job}", namespace="serving", pod=pod): value}


SOURCES = {
    "kube-state-metrics": series("kube_pod_status_ready", **POD),
    "node-exporter": series("node_timex_sync_status", **HOST),
    "weights": series("baremetal_sglang_weights_complete", **MODEL),
    "dcgm-exporter": series("DCGM_FI_DEV_XID_ERRORS", **GPU),
    "infiniband": series("node_infiniband_state_id", **PORT),
}


def scrubbed(success: str, came: str = "0x600", linked: str = "1x600") -> dict[str, str]:
    """What the node exporter says of a model whose bytes were last read at a time."""
    prefix = "baremetal_sglang_weights"
    return {
        series(f"{prefix}_scrub_last_success_timestamp_seconds", **MODEL): success,
        series(f"{prefix}_verified_timestamp_seconds", **MODEL): came,
        series(f"{prefix}_linked", **MODEL): linked,
    }


RESTARTS = series("kube_pod_container_status_restarts_total", **POD, uid="1", container="engine")
ERRORS, ANSWERS = (
    router("smg_http_responses_total", path="/v1/chat/completions", status_code=code)
    for code in ("503", "200")
)
HEALTH = router("smg_worker_health", worker="http://llama-r1-0.llama-r1.serving:30000")
UP = router("up")
SYNC, ERROR = (series(f"node_timex_{name}", **HOST) for name in ("sync_status", "maxerror_seconds"))
STATE, RATE = (
    series(f"node_infiniband_{name}", **PORT) for name in ("state_id", "rate_bytes_per_second")
)

CASES: Mapping[str, Case] = {
    "SGLangKVCachePressure": Case(
        fires={engine("sglang:token_usage", pp_rank="0"): "0.86x10"},
        silent={engine("sglang:token_usage", pp_rank="0"): "0.85x10"},
        at=6,
        labels=RANK,
    ),
    "SGLangFirstTokenSlow": Case(
        fires=first_tokens(fast=98, slow=2),
        silent=first_tokens(fast=100, slow=1),
        at=12,
        labels={"namespace": "serving", "group": "llama-r1"},
    ),
    # The second stage of the pipeline counts the same requests; attention groups have their own.
    "SGLangQueueGrows": Case(
        fires={
            engine("sglang:num_queue_reqs", pp_rank="0", dp_rank="0"): "1+1x20",
            engine("sglang:num_queue_reqs", pp_rank="1", dp_rank="0"): "1+1x20",
            engine("sglang:num_queue_reqs", pp_rank="0", dp_rank="1"): "0x20",
        },
        silent={engine("sglang:num_queue_reqs", pp_rank="0"): "1+1x12 0 20 21 22 23 24 25 26"},
        at=18,
        labels=RANK,
    ),
    "SGLangEngineStuck": Case(
        fires={
            engine("sglang:num_running_reqs", pp_rank="0"): "0 0 2x20",
            engine("sglang:realtime_tokens_total", mode="decode"): "0 100 200x20",
        },
        silent={
            engine("sglang:num_running_reqs", pp_rank="0"): "0 0 2x20",
            engine("sglang:realtime_tokens_total", mode="decode"): "0 100 200x20",
            engine("sglang:realtime_tokens_total", mode="prefill_compute"): "0+1x20",
        },
        at=8,
        labels=RANK,
    ),
    "SGLangRouterWithoutEngines": Case(
        fires={UP: "1x10", HEALTH: "1 1 0x10"},
        silent={UP: "1x10", HEALTH: "0 0 1x10"},
        at=5,
        labels=ROUTER,
    ),
    "SGLangRouterEngineDown": Case(
        fires={HEALTH: "0x80"},
        silent={HEALTH: "0x70 1 1 1 1 1 1 1"},
        at=76,
        labels={"namespace": "serving", "worker": "http://llama-r1-0.llama-r1.serving:30000"},
    ),
    "SGLangRouterErrors": Case(
        fires={ERRORS: "0+6x20", ANSWERS: "0+94x20"},
        silent={ERRORS: "0+5x20", ANSWERS: "0+95x20"},
        at=15,
        labels={"namespace": "serving"},
    ),
    "SGLangRankNotReady": Case(
        fires={series("kube_pod_status_ready", condition="true", **POD): "0x80"},
        silent={series("kube_pod_status_ready", condition="true", **POD): "0x74 1 1 1 1"},
        at=76,
        labels=POD,
    ),
    # Four pods of one name after the first one, and three.
    "SGLangRestarts": Case(
        fires={
            series("kube_pod_created", **POD, uid=str(uid)): f"_x{9 + uid * 10} 7x10"
            for uid in range(5)
        }
        | {RESTARTS: "0x10"},
        silent={
            series("kube_pod_created", **POD, uid=str(uid)): f"_x{9 + uid * 10} 7x10"
            for uid in range(4)
        }
        | {RESTARTS: "0x10"},
        at=60,
        labels=POD,
    ),
    "SGLangTargetDown": Case(
        fires=up(0, "0x80"),
        silent={**up(0, "0x70 1x10"), **up(1, "0x80", job="other")},
        at=76,
        labels={"namespace": "serving", "pod": "llama-r1-0-0", "job": "serving/sglang-engine"},
    ),
    "SGLangRanksMissing": Case(
        fires={name: value for rank in range(7) for name, value in up(rank, "1x10").items()},
        silent={name: value for rank in range(8) for name, value in up(rank, "0x10").items()},
        at=6,
    ),
    "SGLangMetricsMissing": Case(
        fires={each: "1x10" for source, each in SOURCES.items() if source != "weights"},
        silent=dict.fromkeys(SOURCES.values(), "1x10"),
        at=6,
        labels={"source": "weights"},
    ),
    "SGLangWeightsWrong": Case(
        fires={series("baremetal_sglang_weights_scrub_wrong_files", **MODEL): "0 0 1"},
        silent={series("baremetal_sglang_weights_scrub_wrong_files", **MODEL): "0 0 0"},
        at=2,
        labels=MODEL,
    ),
    "SGLangWeightsRepaired": Case(
        fires={series("baremetal_sglang_weights_scrub_found_total", **MODEL): "4 4 5"},
        silent={series("baremetal_sglang_weights_scrub_found_total", **MODEL): "4 4 4"},
        at=2,
        labels=MODEL,
    ),
    # Time begins at 0 here, so a scrub 15 days before minute 120 ended at a negative time.
    "SGLangWeightsScrubOld": Case(
        fires=scrubbed("0x600", came="-1300000x600"),
        silent=scrubbed("1x600", came="-1300000x600"),
        at=120,
        labels=MODEL,
    ),
    "SGLangClockUnsynchronised": Case(
        fires={SYNC: "0x30", ERROR: "16x30"},
        silent={SYNC: "0x30", ERROR: "15.9x30"},
        at=20,
        labels=HOST,
    ),
    "SGLangInfiniBandDown": Case(
        fires={STATE: "4 4 4 1x10"},
        silent={STATE: "1x13"},  # a port that nobody uses
        at=10,
        labels=PORT,
    ),
    "SGLangInfiniBandSlow": Case(
        fires={RATE: "5e10 2.5e10x20"},
        silent={RATE: "2.5e10 5e10x20"},
        at=10,
        labels=PORT,
    ),
    "SGLangXid": Case(
        fires={series("DCGM_FI_DEV_XID_ERRORS", **GPU): "0 79"},
        silent={series("DCGM_FI_DEV_XID_ERRORS", **GPU): "0 31"},  # a fault of the program
        at=1,
        labels=GPU,
    ),
    # The same GPU under another pod's name is the same GPU.
    "SGLangGpuGone": Case(
        fires={
            series("DCGM_FI_DEV_GPU_TEMP", **GPU): "40x30",
            series("DCGM_FI_DEV_GPU_TEMP", **{**GPU, "UUID": "GPU-4"}): "40x10 stale",
        },
        silent={
            series("DCGM_FI_DEV_GPU_TEMP", **GPU, pod="a"): "40x10 stale",
            series("DCGM_FI_DEV_GPU_TEMP", **GPU, pod="b"): "_x10 40x20",
        },
        at=25,
        labels={"instance": GPU["instance"]},
    ),
    "SGLangRowRemapFailed": Case(
        fires={series("DCGM_FI_DEV_ROW_REMAP_FAILURE", **GPU): "1"},
        silent={series("DCGM_FI_DEV_ROW_REMAP_FAILURE", **GPU): "0"},
        at=0,
        labels=GPU,
    ),
    "SGLangRowsRemapped": Case(
        fires={series("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", **GPU): "2 2 3"},
        silent={series("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", **GPU): "2 2 2"},
        at=2,
        labels=GPU,
    ),
}
