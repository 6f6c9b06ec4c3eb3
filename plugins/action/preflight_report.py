# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gather what preflight knows, find every fault, and fail once with all of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ansible.plugins.action import ActionBase
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import Catalogue
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.controller import Controller
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import site_forms
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.preflight import (
    Evidence,
    Variables,
    preflight,
    warnings,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.report import report
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan
from ansible_collections.baremetal.sglang.plugins.plugin_utils.evidence import (
    controller,
    host_state,
    made_plan,
    read_bundle,
    read_plan,
)
from ansible_collections.baremetal.sglang.plugins.plugin_utils.mirrored_model import read_model
from ansible_collections.baremetal.sglang.plugins.plugin_utils.serving import serving_faults
from ansible_collections.baremetal.sglang.plugins.plugin_utils.specs import (
    mapped_arguments,
    role_specs,
)
from ansible_collections.baremetal.sglang.plugins.plugin_utils.values import Reader
from ansible_collections.baremetal.sglang.plugins.plugin_utils.weights_source import (
    read_placed,
    source_faults,
    source_host,
    source_warnings,
)

COLLECTION = Path(__file__).resolve().parent.parent.parent
ARGUMENTS = COLLECTION / "playbooks" / "vars" / "arguments.yml"
OPTIONS = {
    "probes": {"type": "dict", "required": True},
    "facts": {"type": "dict", "required": True},
    "catalogue_parts": {"type": "dict", "required": True},
    "catalogue_sets": {"type": "dict", "required": True},
    "mirror_ports": {"type": "dict", "required": True},
    "forks_needed": {"type": "int", "default": 1},
    "plan": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Runs on the controller and changes nothing."""

    _supports_check_mode = True
    _requires_connection = False

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None
    ) -> dict[str, Any]:
        """Return the faults as data; fail if there are any."""
        super().run(tmp, task_vars)
        _result, arguments = self.validate_argument_spec(OPTIONS)
        evidence = self._evidence(arguments, task_vars or {})
        faults = preflight(evidence)
        result: dict[str, Any] = {
            "changed": False,
            "faults": [fault.as_dict() for fault in faults],
            "warnings": [*warnings(evidence), *source_warnings(evidence.site)],
        }
        if faults:
            return {**result, "failed": True, "msg": report(faults)}
        return {**result, "msg": f"no fault on {len(evidence.states)} hosts"}

    def _evidence(self, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> Evidence:
        specs = role_specs(COLLECTION)
        reader = Reader(self._templar, task_vars, specs)
        inventory = reader.inventory()
        given = reader.read(inventory)
        site = Site.parse(given.site)
        probes, facts = arguments["probes"], arguments["facts"]
        asked = {host: host_state(probes.get(host, {}), facts.get(host, {})) for host in probes}
        states = {host: state for host, state in asked.items() if state is not None}
        parts = Catalogue(arguments["catalogue_parts"], arguments["catalogue_sets"])
        bundle = read_bundle(site, inventory, states)
        plan, plan_faults = _plan(site, arguments["plan"])
        forms = site_forms(site, plan, parts)
        # The mirror need not have what another source has.
        model, model_faults = (
            read_placed(site, inventory, forms, states)
            if site.site_weights_source
            else read_model(bundle, forms, site.site_weights_digest, states)
        )
        refused = serving_faults(plan, site.site_plan_file) if plan is not None else ()
        return Evidence(
            inventory=inventory,
            site=site,
            variables=Variables(given.given, specs, mapped_arguments(ARGUMENTS)),
            input_faults=(
                *(*given.faults, *source_faults(site, inventory)),
                *(*model_faults, *plan_faults, *refused),
            ),
            catalogue=parts,
            bundle=bundle,
            model=model,
            plan=plan,
            states=states,
            controller=self._controller(site, arguments, task_vars),
            mirror_ports={name: int(port) for name, port in arguments["mirror_ports"].items()},
            source_host=source_host(site),
            gpus=given.gpus,
            disks=given.disks,
            now=time.time(),
        )

    def _controller(
        self, site: Site, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]
    ) -> Controller:
        return controller(
            self._interpreter(task_vars),
            site,
            forks=int(task_vars["ansible_forks"]),
            forks_needed=int(arguments["forks_needed"]),
        )

    def _interpreter(self, task_vars: Mapping[str, Any]) -> str:
        """What runs the modules on localhost: as given, else the one that runs Ansible."""
        given = str(self._templar.template(task_vars.get("ansible_python_interpreter", "auto")))
        return sys.executable if given.startswith("auto") else given


def _plan(site: Site, made: Mapping[str, Any]) -> tuple[Optional[Plan], tuple[Fault, ...]]:
    """The site's own plan, or the one that this run made; None before it is made."""
    if not site.plan_is_made:
        return read_plan(site.site_plan_file)
    return made_plan(made, site.site_plan_file) if made else (None, ())
