"""The sites below inventories/ as questions to the planner, without a run of Ansible."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible.vars.manager import VariableManager
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.argspec import PLANNING

from tools.roles import ROOT

# Sites whose hosts declare their hardware; those of the lab are asked.
SITES = (
    "stage1-single-node",
    "stage2-same-rack",
    "stage3-cross-rack",
    "examples/2x8-h100",
    "examples/4x8-a100-80",
    "examples/1x8-h200",
    "examples/2x8-h20",
    "examples/2x8-b200",
    "examples/mixed-hosts",
    "examples/cpu-only",
)
# Argument of the planner -> the site's variable, as in playbooks/plan.yml.
SITE_VALUES = {
    "model": "site_model",
    "model_directory": "site_model_directory",
    "objective": "site_objective",
    "constraints": "site_constraints",
    "environment": "site_environment",
    "engine": "site_engine",
    "engine_arguments": "site_engine_arguments",
    "rdma_resource": "site_rdma_resource",
    "cache_path": "site_cache_path",
    "topology_file": "site_topology_file",
    "intent_file": "site_intent_file",
    "namespace": "site_serving_namespace",
}
HOST_VALUES = {
    "rack": "site_rack",
    "leaf_switch": "site_leaf_switch",
    "rails": "site_rails",
    "gpus": "site_gpus",
    "hardware": "site_hardware",
}


def planning_options(site: str, root: Path = ROOT) -> dict[str, Any]:
    """The options of module serving_plan for `inventories/<site>`, no host asked.

    Raises ValueError where the inventory gives a value that the module would refuse.
    """
    source = root / "inventories" / site
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(source)])
    manager = VariableManager(loader=loader, inventory=inventory)
    defaults = _yaml(root / "roles/site/defaults/main.yml")
    hosts = inventory.get_groups_dict()["serving"]
    variables = {
        name: {**defaults, **manager.get_vars(host=inventory.get_host(name))} for name in hosts
    }
    values = {key: _value(variables[hosts[0]], name, source) for key, name in SITE_VALUES.items()}
    given = {
        **values,
        "path": "plan.yml",
        "inventory": source.name,
        "engine_version": parts(root)[values["engine"]]["version"],
        "hosts": [_host(name, variables[name], source) for name in hosts],
    }
    checked = ArgumentSpecValidator(PLANNING).validate(given)
    if checked.error_messages:
        raise ValueError(f"inventories/{site}: {'; '.join(checked.error_messages)}")
    # As a module gets them: without Ansible's tags on strings.
    return dict(json.loads(json.dumps(checked.validated_parameters)))


def parts(root: Path = ROOT) -> dict[str, Any]:
    """The parts of the catalogue by name."""
    return dict(_yaml(root / "catalogue/parts.yml")["catalogue_parts"])


def _host(name: str, variables: Mapping[str, Any], source: Path) -> dict[str, Any]:
    values = {key: _value(variables, given, source) for key, given in HOST_VALUES.items()}
    return {"name": name, "address": str(variables.get("ansible_host", "")), **values}


def _value(variables: Mapping[str, Any], name: str, source: Path) -> Any:
    known = {**variables, "ansible_inventory_sources": [str(source)]}
    value = known[name]
    if not isinstance(value, str):
        return value
    return Templar(loader=None, variables=known).template(trust_as_template(value))


def _yaml(path: Path) -> dict[str, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return dict(document)
