"""Each wrong input is refused by the real playbooks before any change."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.wrong_inputs import rehearsal
from tests.wrong_inputs.case import Case, Site, load_cases, site_of, together

CASES = load_cases()
# Ansible itself gives up the host and goes on with the others: the site has to end all the same.
LOST = {"host_unreachable", "python_missing", "python_too_old", "facts_unreadable"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        runs = CASES if metafunc.config.getoption("--alone", default=False) else together(CASES)
        metafunc.parametrize("case", runs, ids=[run.name for run in runs])


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Directory of the inventory; its name is the site's."""
    directory = tmp_path / "inventory"
    directory.mkdir()
    return directory


@pytest.mark.parametrize("mode", [(), ("--check",)], ids=["run", "check"])
def test_the_base_site_has_no_fault(base: Site, inventory: Path, mode: tuple[str, ...]) -> None:
    rehearsal.write_inventory(base, inventory)
    run = rehearsal.play("preflight", inventory, *mode, catalogue=False)
    assert (run.status, run.faults) == (0, ()), run.output
    assert set(run.changed.values()) == {0}


def test_a_plan_that_is_made_has_no_fault_before_and_after_it(base: Site, inventory: Path) -> None:
    variables = {
        **{name: base.variables[name] for name in base.variables if name != "site_plan_file"},
        "site_engine": "sglang-cpu",
        "site_constraints": {"context": 8192, "rank_cpu": "500m", "rank_memory_gib": 4},
    }
    rehearsal.write_inventory(dataclasses.replace(base, variables=variables), inventory)
    run = rehearsal.play("site", inventory, "--tags", "plan", catalogue=False)
    assert (run.status, run.faults, run.reports) == (0, (), 2), run.report or run.output
    assert {host: run.changed[host] for host in rehearsal.HOSTS} == {"cp1": 0, "node1": 0}


def test_a_wrong_input_is_refused(base: Site, inventory: Path, case: Case) -> None:
    site = site_of(case, base)
    rehearsal.write_inventory(site, inventory)
    with _made_wrong(case, site, base):
        # The others are read in vain then, for seconds each time.
        first_phase_alone = case.alone and not any(fault.code in LOST for fault in case.faults)
        playbook = "preflight" if first_phase_alone else "site"
        run = rehearsal.play(
            playbook, inventory, *case.extra, catalogue=site.catalogue != base.catalogue
        )
    plan = str(inventory / "plan.yml")
    found = {(fault["code"], fault["where"].replace(plan, "plan")) for fault in run.faults}
    assert found == {(fault.code, fault.where) for fault in case.faults}, (
        run.report or f"exit status {run.status}: {run.output}"
    )
    assert run.status != 0
    assert set(run.changed.values()) == {0}
    assert all(name.startswith("Preflight") for name in run.plays), run.plays
    for expected in case.faults:
        entry = _entry(run.report, f"{expected.where}: {expected.code.replace('_', ' ')}", plan)
        missing = [word for word in expected.words if word not in entry]
        assert not missing, f"{missing} not in:\n{entry}"


def test_there_are_at_least_35_wrong_inputs() -> None:
    assert len(CASES) >= 35
    assert len({case.name for case in CASES}) == len(CASES)


def test_runs_of_several_cases_lack_none_of_them() -> None:
    runs = together(CASES)
    assert sum(run.alone for run in runs) == sum(case.alone for case in CASES)
    assert sum(len(run.faults) for run in runs) == sum(len(case.faults) for case in CASES)
    assert sorted("; ".join(run.name for run in runs).split("; ")) == sorted(
        case.name for case in CASES
    )


@contextmanager
def _made_wrong(case: Case, site: Site, base: Site) -> Iterator[None]:
    try:
        for state in case.states:
            rehearsal.on_host(state.host, state.make)
        if site.bundle != base.bundle:
            rehearsal.write_manifest(site.bundle)
        yield
    finally:
        if site.bundle != base.bundle:
            rehearsal.write_manifest(base.bundle)
        for state in reversed(case.states):
            rehearsal.on_host(state.host, state.undo)


def _entry(report: str, head: str, plan: str) -> str:
    """The lines of one fault in the report."""
    entries = report.replace(plan, "plan").split("\n\n")
    return next(entry for entry in entries if head in entry.splitlines()[0])
