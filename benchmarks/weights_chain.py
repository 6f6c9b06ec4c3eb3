"""The chain of relays, as benchmarks.weights_fanout measures it: one plan, or planned anew."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.baremetal.sglang.plugins.module_utils.weights.adapters.relay import (  # noqa: E402
    PASSED_LOG,
    Upstream,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.engines import (  # noqa: E402
    ENGINES,
    Part,
    Transfer,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.fanout import (  # noqa: E402
    FanOut,
    plan_fan_out,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (  # noqa: E402
    LIST_NAME,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.parts import (  # noqa: E402
    fan_out_of,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.transfer_values import (  # noqa: E402
    round_values,
)

from benchmarks.weights_engines import (  # noqa: E402
    PORT,
    RELAY_USER,
    Bench,
    Outcome,
    nginx,
)
from benchmarks.weights_model import NAME, bytes_of  # noqa: E402

# The role's sample (model_weights_sample_gib: 8) of the 641 GiB of DeepSeek-R1.
SAMPLE_SHARE = 8 / 641


def chain(bench: Bench) -> Outcome:
    """Relays on all nodes: until each node has verified and published the model."""
    return landed_through(bench, plan_fan_out(bench.nodes), secrets.token_hex(32), {})


def chain_in_rounds(bench: Bench) -> Outcome:
    """The same, planned anew after a sample from what passed, as the role does it.

    What Ansible needs between two rounds is not in it.
    """
    token = secrets.token_hex(32)
    nodes = [
        {"name": node.name, "address": bench.network.address(node.name), "rack": node.rack}
        | ({} if node.bytes_per_second is None else {"bytes_per_second": node.bytes_per_second})
        for node in bench.nodes
    ]
    limits = {
        "sample_bytes": round(bytes_of(bench.model) * SAMPLE_SHARE),
        "deadline_seconds": 3600,
        "timeout_seconds": 3600,
        "parallel": bench.parallel,
    }
    results: dict[str, Mapping[str, Any]] = dict.fromkeys(bench.names, wanting(bench.model))
    now: dict[str, Any] = {}
    rounds: list[Outcome] = []
    while not all(result["verified"] for result in results.values()):
        logs = {node: text for node in bench.names if (text := passed(bench, node))}
        now = round_values(nodes, results, logs, now, limits)
        fan_out = fan_out_of(nodes, now["holders"], now["aside"])
        bounds = {key: now[key] for key in ("share_bytes", "run_seconds", "timeout_seconds")}
        rounds.append(landed_through(bench, fan_out, token, bounds))
        results |= rounds[-1].results
    return in_turn(rounds)


def in_turn(rounds: Sequence[Outcome]) -> Outcome:
    """The outcome of rounds that each begin when the one before has ended on all nodes."""
    seconds: dict[str, float] = {}
    before = 0.0
    for each in rounds:
        seconds |= {node: before + took for node, took in each.seconds.items()}
        before += max(each.seconds.values())
    return Outcome(
        seconds,
        sum(each.cpu_seconds for each in rounds),
        max(each.memory for each in rounds),
        sum(each.retries for each in rounds),
    )


def wanting(model: Path) -> dict[str, Any]:
    """What model_weights says of a node that has nothing of the model, as far as rounds need it."""
    sizes = [path.stat().st_size for path in model.iterdir() if path.name != LIST_NAME]
    return {
        "verified": False,
        "to_fetch_bytes": sum(sizes),
        "left_bytes": 0,
        "largest_bytes": max(sizes),
        "seconds": 0.0,
        "pulls": [],
    }


def passed(bench: Bench, node: str) -> str:
    """What the node's relay wrote of the files that passed; empty without one."""
    log = bench.run_directory(node) / PASSED_LOG
    return log.read_text() if log.exists() else ""


def landed_through(bench: Bench, fan_out: FanOut, token: str, bounds: Mapping[str, Any]) -> Outcome:
    """Start the relays of a plan, and model_weights on every node that it feeds."""
    processes = []
    landing = {}
    with ExitStack() as stack:
        for node in bench.names:
            part = part_of(bench, node, fan_out, token)
            if part.relay:
                make_store(bench.root(node))
                processes.append(stack.enter_context(nginx(bench, node, part.relay)))
            landing[node] = {
                "name": NAME,
                "feeds": part.feeds,
                "stored_only": part.stored_only,
                "relayed": part.relayed,
                "feed_token": token,
                "source": bench.source,
                "destination": str(bench.root(node)),
                "parallel": bench.parallel,
                **bounds,
            }
        fed = {feed.node for feed in fan_out.feeds}
        found = landed(bench, {node: landing[node] for node in landing if node in fed})
        relaying = sum(cpu_seconds(process.pid) for process in processes)
    return Outcome(
        {node: figures["seconds"] for node, figures in found.items()},
        relaying + sum(figures["cpu_seconds"] for figures in found.values()),
        max(figures["memory"] for figures in found.values()),
        sum(figures["weights"]["retries"] for figures in found.values()),
        {node: figures["weights"] for node, figures in found.items()},
    )


def part_of(bench: Bench, node: str, fan_out: FanOut, token: str) -> Part:
    """A node's part in the chain, with the weights root that it has here."""
    transfer = Transfer(
        source=Upstream(bench.source),
        model=NAME,
        digest=hashlib.sha256((bench.model / LIST_NAME).read_bytes()).hexdigest(),
        root=str(bench.root(node)),
        fan_out=fan_out,
        addresses={name: bench.network.address(name) for name in bench.names},
        port=PORT,
        token=token,
        relay_user=RELAY_USER,
        run_directory=str(bench.run_directory(node)),
    )
    return ENGINES["chain"](transfer).get(node, Part())


def landed(bench: Bench, landing: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Run model_weights on all nodes at once; raises RuntimeError when one does not verify."""
    argv = [sys.executable, "-m", "benchmarks.weights_node"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": ROOT}
    processes = {node: bench.network.start(node, argv, **pipes) for node in landing}
    for process in processes.values():
        said(process)  # it has imported what it needs
    for node, process in processes.items():
        print(json.dumps(landing[node]), file=process.stdin, flush=True)
    found = {}
    for node, process in processes.items():
        answer = process.communicate()[0]
        if process.returncode != 0:
            raise RuntimeError(f"model_weights failed on {node}")
        found[node] = json.loads(answer)
    return found


def said(process: subprocess.Popen[str]) -> str:
    """The next line of a process."""
    if process.stdout is None:
        raise ValueError("the process has no pipe")
    return process.stdout.readline()


def make_store(root: Path) -> None:
    """The directory that the relay may write to."""
    store = root / ".relay"
    store.mkdir(parents=True, exist_ok=True)
    user = pwd.getpwnam(RELAY_USER)
    shutil.chown(store, user.pw_uid, user.pw_gid)


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and of its children, all of which still run (proc(5))."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2] for each in (pid, *children)]
    ticks = sum(int(number) for stat in stats for number in stat.split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")
