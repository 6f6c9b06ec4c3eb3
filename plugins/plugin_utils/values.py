# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables that a person gave, read out of Ansible's variables and evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.errors import AnsibleError
from ansible.template import Templar, trust_as_template
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import (
    GROUPS,
    Inventory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.variables import (
    CONTROLLER,
    DISK_VALUES,
    HOST_VALUES,
    SITE,
    Given,
    prefix_of,
)
from ansible_collections.baremetal.sglang.plugins.plugin_utils.specs import Spec, check_value

# Groups of every inventory.
IMPLIED_GROUPS = frozenset({"all", "ungrouped"})


@dataclass(frozen=True)
class Input:
    """What a person gave: variables, values after conversion, and the faults of reading them.

    C(gpus) is site_gpus of each host that sets it, C(disks) the hosts whose weights get disks.
    """

    given: tuple[Given, ...]
    site: Mapping[str, Any]
    gpus: Mapping[str, int]
    disks: frozenset[str]
    faults: tuple[Fault, ...]


class Reader:
    """Reads variables of one run.

    C(task_vars) are those of the play on localhost, in which the role C(site) gives its defaults;
    C(specs) is what C(role_specs) returns.
    """

    def __init__(
        self,
        templar: Templar,
        task_vars: Mapping[str, Any],
        specs: Mapping[str, Mapping[str, Spec]],
    ) -> None:
        self._templar = templar
        self._task_vars = task_vars
        self._specs = specs
        self._hostvars = task_vars["hostvars"]

    def inventory(self) -> Inventory:
        """Groups and addresses; an address that cannot be evaluated counts as not given."""
        groups = self._task_vars["groups"]
        hosts = {host for name in GROUPS for host in groups.get(name, ())}
        others = sorted(set(groups) - set(GROUPS) - IMPLIED_GROUPS)
        return Inventory(
            groups={name: tuple(groups[name]) for name in GROUPS if name in groups},
            addresses={host: self._address(host) for host in sorted(hosts)},
            other_groups=tuple(others),
        )

    def read(self, inventory: Inventory) -> Input:
        """All variables with a prefix of ours, checked against their specs."""
        given = self._given(inventory)
        faults = [fault for variable in given for fault in self._role_values(variable, inventory)]
        site, site_faults = self._site_values()
        values, host_faults = self._host_values(given)
        return Input(
            given,
            site,
            gpus=values.get("site_gpus", {}),
            disks=frozenset(
                host
                for name in DISK_VALUES
                for host, value in values.get(name, {}).items()
                if value
            ),
            faults=(*faults, *site_faults, *host_faults),
        )

    def _address(self, host: str) -> str:
        raw = self._hostvars.raw_get(host)
        try:
            return str(self._evaluate(raw, "ansible_host")) if "ansible_host" in raw else ""
        except AnsibleError:
            return ""

    def _given(self, inventory: Inventory) -> tuple[Given, ...]:
        values: dict[str, dict[str, Any]] = {}
        for host in (*inventory.hosts, CONTROLLER):
            for name, value in self._hostvars.raw_get(host).items():
                if prefix_of(name, self._specs):
                    values.setdefault(name, {})[host] = value
        return tuple(Given(name, values[name], self._secret(name)) for name in sorted(values))

    def _secret(self, name: str) -> bool:
        spec = self._specs[prefix_of(name, self._specs)].get(name, {})
        return bool(spec.get("no_log"))

    def _role_values(self, variable: Given, inventory: Inventory) -> Iterator[Fault]:
        """Faults of a role's variable, once for each value that differs."""
        prefix = prefix_of(variable.name, self._specs)
        spec = self._specs[prefix].get(variable.name)
        if spec is None or prefix == SITE:
            return
        faults = {}
        where = f"{variable.name} ({inventory.place(variable.values)})"
        for host in variable.values:
            faults.update(dict.fromkeys(self._checked(variable.name, spec, host, where)[1]))
        yield from faults

    def _site_values(self) -> tuple[dict[str, Any], list[Fault]]:
        """The site's values as localhost sees them, and their faults.

        The default stands in for a wrong value, so that one fault is not reported as several.
        """
        variables = dict(self._task_vars)
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, spec in self._specs[SITE].items():
            values[name], found = self._evaluated(name, spec, variables, name)
            if found:
                default = spec["default"]
                trusted = trust_as_template(default) if isinstance(default, str) else default
                variables[name] = trusted
                values[name], _again = self._evaluated(name, spec, variables, name)
            faults += found
        return values, faults

    def _host_values(
        self, given: tuple[Given, ...]
    ) -> tuple[dict[str, dict[str, Any]], list[Fault]]:
        """The values of a host by name and host, and the faults of all of them."""
        values: dict[str, dict[str, Any]] = {}
        faults: list[Fault] = []
        for variable in given:
            if variable.name not in HOST_VALUES:
                continue
            spec = self._specs[SITE][variable.name]
            for host in variable.values:
                where = f"{variable.name} ({host})"
                value, found = self._checked(variable.name, spec, host, where)
                faults += found
                if host != CONTROLLER:
                    values.setdefault(variable.name, {})[host] = value
        return values, faults

    def _checked(self, name: str, spec: Spec, host: str, where: str) -> tuple[Any, list[Fault]]:
        return self._evaluated(name, spec, self._hostvars.raw_get(host), where)

    def _evaluated(
        self, name: str, spec: Spec, variables: Mapping[str, Any], where: str
    ) -> tuple[Any, list[Fault]]:
        try:
            value = self._evaluate(variables, name)
        except AnsibleError as error:
            reason = str(error).splitlines()[0]
            fault = Fault("value_unreadable", where, reason, "a value", f"correct {name}")
            return EMPTY[spec["type"]], [fault]
        checked = check_value(name, spec, value, where)
        return (EMPTY[spec["type"]] if checked.faults else checked.value), list(checked.faults)

    def _evaluate(self, variables: Mapping[str, Any], name: str) -> Any:
        """A variable of a host; names that the host lacks are those of the play."""
        known = {**self._task_vars, **variables}
        return self._templar.copy_with_new_env(available_variables=known).template(known[name])


EMPTY: Mapping[str, Any] = {
    "str": "",
    "path": "",
    "int": 0,
    "float": 0.0,
    "bool": False,
    "list": [],
    "dict": {},
}
