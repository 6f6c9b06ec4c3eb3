"""The gate's playbook with real iperf3: one link of four is shaped to half, then repaired."""

from __future__ import annotations

from .site import MEGABITS, NamespaceSite, recap, statuses


def test_10_check_mode_measures_nothing_and_passes_nobody(site: NamespaceSite) -> None:
    done = site.play("fabric_gate", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "check mode runs no test" in done.stdout
    assert not (site.directory / "artifacts" / "fabric" / "fabric-gate.json").exists()


def test_20_the_host_on_a_link_at_half_its_rate_is_quarantined(site: NamespaceSite) -> None:
    site.set_rate("gpu3", MEGABITS / 2)
    done = site.play("fabric_gate")
    assert done.returncode == 2, done.stdout + done.stderr
    assert statuses(site.report) == {
        "gpu1": "passed",
        "gpu2": "passed",
        "gpu3": "failed",
        "gpu4": "passed",
    }, done.stdout
    assert list(site.report["quarantined"]) == ["gpu3"]
    assert "TCP bandwidth: failed with gpu1, gpu2, gpu4" in site.report["quarantined"]["gpu3"]
    failed = {tuple(pair["hosts"]) for pair in site.report["pairs"] if pair["status"] == "failed"}
    assert failed == {("gpu1", "gpu3"), ("gpu2", "gpu3"), ("gpu3", "gpu4")}
    slow = [test for test in site.report["tests"] if "gpu3" in (test["client"], test["server"])]
    assert all(0.3 * MEGABITS < 1000 * test["value"] < 0.6 * MEGABITS for test in slow)
    assert "the fabric gate failed for gpu1 - gpu3, gpu2 - gpu3, gpu3 - gpu4" in done.stdout
    assert site.programs() == []


def test_30_the_cluster_refuses_the_quarantined_host(site: NamespaceSite) -> None:
    done = site.play("cluster")
    assert done.returncode == 2, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "quarantined by the fabric gate: gpu3 (TCP bandwidth: failed with gpu1" in said
    assert "repair it and run baremetal.sglang.fabric_gate again" in said
    # Nothing was done on a host before.
    assert set(recap(done.stdout)) == {"localhost"}


def test_40_a_run_without_the_host_leaves_it_quarantined(site: NamespaceSite) -> None:
    done = site.play("fabric_gate", "--limit", "gpu1,gpu2,localhost")
    assert done.returncode == 0, done.stdout + done.stderr
    assert statuses(site.report) == {"gpu1": "passed", "gpu2": "passed"}
    assert list(site.report["quarantined"]) == ["gpu3"]


def test_50_after_the_repair_all_pass_and_nothing_is_changed(site: NamespaceSite) -> None:
    site.set_rate("gpu3", MEGABITS)
    done = site.play("fabric_gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(statuses(site.report).values()) == {"passed"}
    assert site.report["quarantined"] == {}
    assert {counts["changed"] for counts in recap(done.stdout).values()} == {0}
    assert site.programs() == []
