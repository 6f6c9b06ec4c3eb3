"""The driver's filters are their pure functions, with the names that the role uses."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.filter import (
    driver_plan,
    key_fingerprints,
    toolkit_plan,
)

from tests.unit.plugins.module_utils.driver import toolkit_samples
from tests.unit.plugins.module_utils.driver.samples import A100, host, release


def test_driver_plan_takes_the_flavour() -> None:
    (plan,) = driver_plan.FilterModule().filters().values()
    assert plan(host(A100), release(), "13.0")["modules"] == "open"
    asked = plan(host(A100), release(), "13.0", kernel_modules="proprietary")
    assert (asked["modules"], asked["faults"]) == ("proprietary", [])


def test_key_fingerprints_of_no_key() -> None:
    (fingerprints,) = key_fingerprints.FilterModule().filters().values()
    assert fingerprints("no key") == []


def test_toolkit_plan_takes_state_and_version_of_the_configuration() -> None:
    (plan,) = toolkit_plan.FilterModule().filters().values()
    facts = toolkit_samples.host(toolkit_samples.GPU)
    made = plan(facts, "auto", toolkit_samples.RELEASE, 2)
    assert (made["needed"], made["config_version"], made["faults"]) == (True, 2, [])
    assert plan(facts, "absent", {}, 3)["needed"] is False
