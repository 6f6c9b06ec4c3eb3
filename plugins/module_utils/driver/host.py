# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module driver_facts found on a host, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.driver.devices import (
    DEVICES,
    Model,
)


@dataclass(frozen=True)
class Card:
    """A GPU on the bus: C(device) is its PCI device ID, C(model) None where it is unknown."""

    address: str
    device: int

    @property
    def model(self) -> Optional[Model]:
        """The model of the ID, or None."""
        return DEVICES.get(self.device)

    @property
    def pci_id(self) -> str:
        """As lspci -n writes it."""
        return f"10de:{self.device:04x}"


@dataclass(frozen=True)
class Package:
    """An installed package; C(held) is dpkg's selection."""

    name: str
    version: str
    held: bool

    @property
    def upstream(self) -> str:
        """The version without the packaging's revision."""
        return self.version.rpartition("-")[0]


@dataclass(frozen=True)
class SecureBoot:
    """C(key) is the path of the key that DKMS signs with, "" without one."""

    enabled: bool
    key: str
    enrolled: bool


@dataclass(frozen=True)
class Host:
    """C(distribution) is such as C(debian-13); C(loaded) the running module's version, or "".

    C(loaded_modules) is its flavour, C(headers) whether those of the running C(kernel) are there,
    C(headers_available) whether apt could install them, C(runfile) and C(container) drivers that
    were not installed by apt, C(member) whether the host belongs to a Kubernetes cluster.
    """

    distribution: str
    kernel: str
    headers: bool
    headers_available: bool
    cards: tuple[Card, ...]
    nvswitches: int
    loaded: str
    loaded_modules: str
    packages: tuple[Package, ...]
    nouveau: bool
    secure_boot: SecureBoot
    runfile: bool
    container: bool
    member: bool

    @property
    def models(self) -> tuple[Model, ...]:
        """Known models of the host, each once, by name."""
        found = {card.model.name: card.model for card in self.cards if card.model}
        return tuple(found[name] for name in sorted(found))

    def installed(self, name: str) -> Optional[Package]:
        """An installed package, or None."""
        return next((package for package in self.packages if package.name == name), None)


def parse_host(facts: Mapping[str, Any]) -> Host:
    """The values of RV(driver) of module driver_facts."""
    found = facts["driver"]
    return Host(
        distribution=found["distribution"],
        kernel=found["kernel"]["release"],
        headers=found["kernel"]["headers"],
        headers_available=found["kernel"]["headers_available"],
        cards=tuple(Card(card["address"], int(card["device"], 16)) for card in found["gpus"]),
        nvswitches=found["nvswitches"],
        loaded=found["loaded"]["version"],
        loaded_modules=found["loaded"]["modules"],
        packages=tuple(
            Package(package["name"], package["version"], package["held"])
            for package in found["packages"]
        ),
        nouveau=found["nouveau"],
        secure_boot=SecureBoot(**found["secure_boot"]),
        runfile=found["runfile"],
        container=found["container"],
        member=found["member"],
    )
