"""The driver's filters are their pure functions, with the names that the role uses."""

from __future__ import annotations

from ansible_collections.baremetal.sglang.plugins.filter import driver_plan, key_fingerprints

from tests.unit.plugins.module_utils.driver.samples import A100, host, release


def test_driver_plan_takes_the_flavour() -> None:
    (plan,) = driver_plan.FilterModule().filters().values()
    assert plan(host(A100), release(), "13.0")["modules"] == "open"
    asked = plan(host(A100), release(), "13.0", kernel_modules="proprietary")
    assert (asked["modules"], asked["faults"]) == ("proprietary", [])


def test_key_fingerprints_of_no_key() -> None:
    (fingerprints,) = key_fingerprints.FilterModule().filters().values()
    assert fingerprints("no key") == []
