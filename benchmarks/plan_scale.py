"""How long the choice of a layout takes as the number of GPUs grows.

python -m benchmarks.plan_scale [--gpus 8 1000 10000] [--model deepseek-r1]

Declared hosts of 8 GPUs each; for each objective the seconds that pass and the seconds of CPU, the
best of three. On a machine with other work compare the CPU's.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.choose import (  # noqa: E402
    choose,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import (  # noqa: E402
    find_gpu,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import (  # noqa: E402
    INFINIBAND,
    Node,
    NodeGpu,
    Rail,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import (  # noqa: E402
    find_model,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (  # noqa: E402
    OBJECTIVES,
    Constraints,
    Request,
)

GPUS_A_HOST = 8
RUNS = 3
RAIL_RATE = 400e9 / 8


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each size and objective."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpus", type=int, nargs="+", default=[8, 1000, 10_000])
    parser.add_argument("--model", default="deepseek-r1")
    parser.add_argument("--gpu", default="h100-sxm-80gb")
    options = parser.parse_args(arguments)
    print(f"{'GPUs':>7} {'objective':16} {'seconds':>8} {'CPU':>8}  layout")
    for number in options.gpus:
        for objective in OBJECTIVES:
            print(line(number, make_request(number, objective, options.model, options.gpu)))


def line(number: int, request: Request) -> str:
    """Measure one request."""
    clocks = []
    for _ in range(RUNS):
        before = (time.perf_counter(), time.process_time())
        best = choose(request).best.candidate
        after = (time.perf_counter(), time.process_time())
        clocks.append([end - start for start, end in zip(before, after, strict=True)])
    passed, used = (min(column) for column in zip(*clocks, strict=True))
    sizes = f"{best.groups} x (tensor {best.tensor_parallel} x pipeline {best.pipeline_parallel})"
    return f"{number:>7} {request.objective:16} {passed:8.3f} {used:8.3f}  {sizes}"


def make_request(number: int, objective: str, model: str, gpu: str) -> Request:
    """A question about so many GPUs on hosts of 8."""
    memory = find_gpu(gpu).memory_mib
    nodes = tuple(
        Node(
            name=f"gpu-{host:05}",
            rack=f"rack-{host // GPUS_A_HOST}",
            leaf_switch="",
            gpus=tuple(NodeGpu(index, gpu, memory, 0) for index in range(GPUS_A_HOST)),
            rails=tuple(
                Rail(f"mlx5_{port}", 1, INFINIBAND, RAIL_RATE, "", -1, up=True, numa_node=0)
                for port in range(GPUS_A_HOST)
            ),
            interface="eth0",
            address="",
            tcp_rate=0.0,
            disk_rate=0.0,
            memory_gib=1024,
            cores=128,
            nvlink=True,
            multicast=False,
            peer_memory="",
            declared=True,
        )
        for host in range(number // GPUS_A_HOST)
    )
    return Request(
        inventory="benchmark",
        model=find_model(model),
        nodes=nodes,
        objective=objective,
        constraints=Constraints(),
        engine_part="sglang-cuda",
        engine_version="any",
    )


if __name__ == "__main__":
    main()
