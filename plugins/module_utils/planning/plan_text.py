# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan as a text that a person reads, made from the plan's document alone.

What the text says is therefore what was saved. A plan written by hand has no C(explanation): the
text then has its layout, ranks, arguments and environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.text_table import (
    count,
    data,
    duration,
    section,
    table,
)

SIZES = {
    "tensor_parallel": "tensor",
    "pipeline_parallel": "pipeline",
    "data_parallel": "data",
    "attention_data_parallel": "attention data",
    "expert_parallel": "expert",
}
# Part of the memory -> what it is for.
PARTS = {
    "weights_gib": "weights",
    "key_value_gib": "KV cache",
    "reserve_gib": "reserve of the engine",
    "activations_gib": "  counted for activations",
    "graphs_gib": "  counted for CUDA graphs",
    "workspace_gib": "  taken by decode buffers",
    "runtime_gib": "taken before the weights",
    "total_gib": "total",
}


def plan_text(plan: Mapping[str, Any]) -> str:
    """All of a plan of schema 1 that a person decides by."""
    why = plan.get("explanation", {})
    lines = [_title(plan, why), *section("Layout", _layout(plan))]
    lines += section("Ranks", _ranks(plan, why))
    engines = why.get("engines", [])
    for engine in engines:
        of = f" of {engine['role']}" if len(engines) > 1 else ""
        lines += section(f"Memory of the fullest {_holder(plan)}{of}", _memory(engine["memory"]))
        fits = _capacity(engine["capacity"], _holder(plan))
        lines += section(f"What fits{of}", list(fits))
        lines += section(f"Time, by the cost model{of}", list(_cost(engine["cost"])))
        lines += section(f"Loader of the weights{of}", list(_loader(engine.get("loader", {}))))
        lines += section(f"Between racks{of}", list(_traffic(engine["traffic"])))
    lines += section("Transport, by NCCL's names", _transports(why.get("transports", [])))
    lines += section("Engine arguments", list(_arguments(plan)))
    lines += section("Environment", _environment(plan, why))
    lines += section("The guide's configuration", _intent(why.get("intent", [])))
    lines += section("Warnings", list(why.get("warnings", [])))
    lines += section("Router arguments", list(options(why.get("router_arguments", []))))
    for engine in engines:
        of = f" for {engine['role']}" if len(engines) > 1 else ""
        lines += section(f"Next best layouts{of}", _alternatives(engine["alternatives"]))
        refused = engine["refused"]
        lines += section(f"{len(refused)} refused layouts{of}", list(refused_lines(refused)))
    return "\n".join(lines)


def refused_lines(refused: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each refused layout: what was found, what is needed, and the nearest change.

    Layouts with the same reason stand together below it.
    """
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for entry in refused:
        reason = f"{entry['what']}: {entry['found']}; needed {entry['needed']}"
        alike.setdefault(reason, []).append(entry)
    for reason, entries in alike.items():
        yield reason
        yield from (f"    {entry['layout']}; nearest change: {entry['fix']}" for entry in entries)


def _title(plan: Mapping[str, Any], why: Mapping[str, Any]) -> str:
    model = plan["model"]
    chosen = f", chosen for {why['objective']}" if "objective" in why else ""
    return f"Plan of {plan['inventory']}: {model['name']} in {model['format']}{chosen}"


def _layout(plan: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            group["name"],
            group.get("role", ""),
            _sizes({**plan["layout"], **group.get("layout", {})}),
            str(len(group["ranks"])),
            str(sum(len(rank["gpus"]) for rank in group["ranks"])),
        )
        for group in plan["groups"]
    ]
    return table(("group", "role", "sizes", "hosts", "GPUs"), rows)


def _sizes(layout: Mapping[str, int]) -> str:
    always = ("tensor_parallel", "pipeline_parallel")
    return " x ".join(
        f"{noun} {layout[key]}"
        for key, noun in SIZES.items()
        if key in always or layout.get(key, 1) > 1
    )


def _ranks(plan: Mapping[str, Any], why: Mapping[str, Any]) -> list[str]:
    reasons = {(entry["group"], entry["rank"]): entry["why"] for entry in why.get("ranks", [])}
    racks = plan.get("racks", {})
    rows = [
        (
            group["name"],
            str(rank["rank"]),
            rank["host"],
            racks.get(rank["host"], ""),
            " ".join(str(gpu) for gpu in rank["gpus"]),
            reasons.get((group["name"], rank["rank"]), ""),
        )
        for group in plan["groups"]
        for rank in group["ranks"]
    ]
    lines = table(("group", "rank", "host", "rack", "GPUs", "why"), rows)
    spares = plan.get("spares", [])
    return [*lines, f"spare hosts: {', '.join(spares)}"] if spares else lines


def _holder(plan: Mapping[str, Any]) -> str:
    return "GPU" if any(r["gpus"] for group in plan["groups"] for r in group["ranks"]) else "rank"


def _memory(memory: Mapping[str, Any]) -> list[str]:
    rows = [(noun, f"{memory[key]:8.2f} GiB") for key, noun in PARTS.items() if memory.get(key)]
    fraction = f"the engine's static fraction is {memory['static_fraction']:g}"
    return [*table(("part", "    size"), rows), fraction]


def _capacity(capacity: Mapping[str, Any], holder: str) -> Iterator[str]:
    tokens, size = capacity["tokens"], capacity["token_bytes"]
    groups = f" in {capacity['groups']} groups" if capacity["groups"] > 1 else ""
    yield f"{count(tokens)} KV tokens a group, {data(size)} each on one {holder}"
    yield (
        f"{count(capacity['requests'])} requests of {count(capacity['typical_tokens'])} tokens"
        f" at once{groups}"
    )
    yield f"longest request: {count(capacity['longest'])} tokens"


def _cost(cost: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"one token of {count(cost['concurrency'])} requests: {duration(cost['decode_seconds'])};"
        f" {count(cost['tokens_per_second'])} tokens/s of all groups"
    )
    yield f"one prompt: {duration(cost['prefill_seconds'])}"
    yield f"loading the weights: {cost['load']}"
    rows = [(term["name"], duration(term["seconds"])) for term in cost["terms"]]
    yield from table(("term", "time"), rows)


def _loader(loader: Mapping[str, str]) -> Iterator[str]:
    """How the weights are read; plans of earlier versions of the collection do not say it."""
    if loader:
        yield f"{loader['name']}: {loader['why']}"


def _traffic(traffic: Mapping[str, Any]) -> Iterator[str]:
    ours, theirs = traffic["cross_rack_bytes"], traffic["inventory_order_bytes"]
    less = f": {100 * (theirs - ours) / theirs:.0f} % less" if theirs else ""
    yield f"{data(ours)} of each token; in inventory order {data(theirs)}{less}"


def _transports(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [(entry["between"], f"via {entry['nccl']}", entry["fact"]) for entry in entries]
    return table(("between", "transport", "fact"), rows) if rows else []


def _arguments(plan: Mapping[str, Any]) -> Iterator[str]:
    yield from options(plan["arguments"])
    for group in plan["groups"]:
        own = group.get("arguments", [])
        yield from (f"{group['name']}: {line}" for line in options(own))


def options(arguments: Sequence[str]) -> Iterator[str]:
    """One line for each option with its values."""
    line = ""
    for argument in arguments:
        if argument.startswith("--") and line:
            yield line
            line = ""
        line = f"{line} {argument}".strip()
    if line:
        yield line


def _environment(plan: Mapping[str, Any], why: Mapping[str, Any]) -> list[str]:
    """Each setting with the fact that it came from; what is left unset, and why, at the end."""
    facts = {entry["setting"]: entry for entry in why.get("settings", [])}
    lines: list[str] = []
    for name, value in sorted(plan["environment"].items()):
        lines += [f"{name}={value}", *_reason(facts.get(name))]
    others = [(name, facts[name]) for name in sorted(facts) if name not in plan["environment"]]
    for name, entry in others:
        if entry["value"]:
            lines += [f"{name}: {entry['value']}", *_reason(entry)]
    unset = [f"{name} is not set: {entry['fact']}" for name, entry in others if not entry["value"]]
    return [*lines, *unset]


def _reason(entry: Optional[Mapping[str, Any]]) -> Iterator[str]:
    if entry:
        yield f"    {entry['fact']}; to override: {entry['override']}"


def _intent(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = [(row["key"], str(row["value"]), row["became"], row["why"]) for row in rows]
    return table(("key", "value", "became", "why"), cells) if cells else []


def _alternatives(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        (
            entry["layout"],
            duration(entry["decode_seconds"]),
            count(entry["tokens_per_second"]),
            count(entry["tokens"]),
            str(entry["gpus"]),
        )
        for entry in entries
    ]
    head = ("layout", "one token", "tokens/s", "KV tokens", "GPUs")
    return table(head, rows) if rows else []
