# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what a person gave (module options and loaded files) to the planner's question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Callable, Optional, TypeVar

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.asked import (
    cache_faults,
    environment_faults,
    objective_faults,
    parse_constraints,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.checkpoint import (
    read_checkpoint,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.facts import (
    HostReading,
    read_host,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_intent import (
    Intent,
    intent_constraints,
    read_intent,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.guide_rows import Settings
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import ModelSpec
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import find_model
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.planner import Question
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.racks import (
    Place,
    rack_faults,
    read_topology,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    Constraints,
    Request,
)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Checkpoint:
    """The loaded files of a model directory; C(sizes) are each file's bytes by its name."""

    config: Mapping[str, Any]
    index: Mapping[str, Any]
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Files:
    """Loaded files by what they are; None where the person named none."""

    topology: Optional[Any] = None
    intent: Optional[Any] = None
    checkpoint: Optional[Checkpoint] = None


def parse_question(options: Mapping[str, Any], files: Files) -> Question:
    """The question of C(options), those of the argument spec PLANNING.

    Raises C(InputError) with every fault of all of them, sorted.
    """
    reader = _Reader()
    constraints = reader.constraints(options["constraints"])
    reader.take(objective_faults(options["objective"]))
    reader.take(environment_faults(options["environment"]))
    reader.take(cache_faults(options["cache_path"]))
    intent = reader.intent(files.intent, options["intent_file"])
    constraints = reader.merged(constraints, intent.settings, options["intent_file"])
    reader.take(_topology_faults(intent.settings, options))
    model = reader.model(options["model"], files.checkpoint)
    readings = reader.hosts(options, files.topology)
    if reader.lines or model is None:
        raise InputError(f"plan of {options['inventory']}", reader.lines)
    return Question(
        request=Request(
            inventory=options["inventory"],
            model=model,
            nodes=tuple(reading.node for reading in readings),
            objective=options["objective"],
            constraints=constraints,
            engine_part=options["engine"],
            engine_version=options["engine_version"],
            overrides=tuple(sorted(options["environment"].items())),
            extra_arguments=tuple(options["engine_arguments"]),
            rdma_resource=options["rdma_resource"],
            cache_path=options["cache_path"],
        ),
        intent=intent.settings,
        rows=intent.rows,
        warnings=tuple(_warnings(readings)),
        namespace=options["namespace"],
    )


def topology_of(intent: Any, intent_file: str) -> str:
    """Path of the topology file that an intent file names, beside which it is; or an empty text.

    C(intent) is the loaded file, not yet checked.
    """
    section = intent.get("topology") if isinstance(intent, Mapping) else None
    name = section.get("file") if isinstance(section, Mapping) else None
    return str(PurePosixPath(intent_file).parent / name) if isinstance(name, str) else ""


def _topology_faults(settings: Settings, options: Mapping[str, Any]) -> Iterable[Fault]:
    """An intent file and a site that name different topology files."""
    named, given = settings.topology_file, options["topology_file"]
    beside = str(PurePosixPath(options["intent_file"]).parent / named)
    if named and given not in ("", named, beside):
        yield Fault(
            code="intent_contradicts_site",
            where=options["intent_file"],
            found=f"topology.file {named}",
            needed=f"{given}, as site_topology_file says",
            fix="remove one of the two, or name the same file in both",
        )


@dataclass
class _Reader:
    """Reads one part after the other and keeps the faults of all."""

    lines: list[str] = field(default_factory=list)

    def take(self, faults: Iterable[Fault]) -> None:
        self.lines += [fault.line() for fault in faults]

    def constraints(self, values: Mapping[str, Any]) -> Constraints:
        constraints, faults = parse_constraints(values)
        self.take(faults)
        return constraints

    def intent(self, document: Optional[Any], source: str) -> Intent:
        nothing = Intent(Settings(), ())
        if document is None:
            return nothing
        return self._tried(lambda: read_intent(document, source=source)) or nothing

    def merged(self, constraints: Constraints, settings: Settings, source: str) -> Constraints:
        tried = self._tried(lambda: intent_constraints(constraints, settings, source=source))
        return tried or constraints

    def model(self, name: str, checkpoint: Optional[Checkpoint]) -> Optional[ModelSpec]:
        if checkpoint is None:
            return self._tried(lambda: find_model(name))
        config, index, sizes = checkpoint.config, checkpoint.index, checkpoint.sizes
        return self._tried(lambda: read_checkpoint(name, config, index, sizes))

    def hosts(self, options: Mapping[str, Any], topology: Optional[Any]) -> list[HostReading]:
        """Each host at its place: that of the topology file, where it says one, or its own."""
        hosts = options["hosts"]
        places = {host["name"]: _place(host) for host in hosts}
        if topology is not None:
            source = options["topology_file"]
            read = read_topology(topology, list(places), source=source)
            self.take(read.faults)
            places = {name: _at(read.places.get(name, own), own) for name, own in places.items()}
        readings = [read_host(host, places[host["name"]]) for host in hosts]
        for reading in readings:
            self.take(reading.faults)
        if topology is None:
            self.take(rack_faults([reading.node for reading in readings], source="site_rack"))
        return readings

    def _tried(self, read: Callable[[], Value]) -> Optional[Value]:
        try:
            return read()
        except InputError as error:
            self.lines += error.details["faults"]
            return None


def _place(host: Mapping[str, Any]) -> Place:
    return Place(host["rack"], host["leaf_switch"], tuple(host["rails"]))


def _at(place: Place, own: Place) -> Place:
    """A place of the topology file; what it leaves out stays the host's own."""
    return replace(
        place, leaf_switch=place.leaf_switch or own.leaf_switch, rails=place.rails or own.rails
    )


def _warnings(readings: Iterable[HostReading]) -> Iterable[str]:
    for reading in readings:
        yield from reading.warnings
        yield from (fault.line() for fault in reading.differences)
    asked = [reading.node.declared for reading in readings]
    if all(asked):
        yield "no host was asked: the plan holds for the hardware that the inventory declares"
