"""kill -9 of ansible-playbook in each phase: the next run goes on, the last one ends converged.

One lab is built once: each test kills a run that begins with the phase in which the one before was
killed. The last run is a whole one.
"""

from __future__ import annotations

import time
from pathlib import Path
from subprocess import Popen

from tests.lab_driver import Site

MODELS = "/var/lib/baremetal-sglang/models"
PARTIAL = f"find {MODELS}/.staging -name '*.part' -size +0 2>/dev/null"
# The processes that have a partial file open, by their numbers.
WRITERS = (
    "ls -l /proc/[0-9]*/fd 2>/dev/null | awk -F/ '/^.proc/ {pid = $3} /[.]part$/ {print pid}'"
    " | sort -u"
)
# A writer stops where it is and dies with the run: its connection is gone then, but by itself it
# would go on to the end. One that closed its file meanwhile goes on and is caught at the next.
STOP_WRITER = (
    f'{{ pids=$({WRITERS}); test -n "$pids" && kill -STOP $pids'
    f' && test -n "$({WRITERS})" && {PARTIAL} | grep -q . || {{ kill -CONT $pids; false; }}; }}'
    " 2>/dev/null"
)
KILL_WRITER = f"{WRITERS} | xargs --no-run-if-empty kill -KILL"
# The brackets keep the pattern from finding the shell that carries it.
UNPACKING = "pgrep -f '[d]pkg .*--unpack'"
KUBECTL = "kubectl --kubeconfig=/etc/kubernetes/admin.conf"


def wait_for_task(run: Popen[bytes], log: Path, name: str) -> None:
    """Wait until a run has begun a task whose title holds ``name``."""
    while name not in log.read_text(errors="replace"):
        assert run.poll() is None, log.read_text(errors="replace")[-3000:]
        time.sleep(0.2)


def test_mirror_while_apt_installs_its_servers(site: Site) -> None:
    def reached(run: Popen[bytes], log: Path) -> None:
        wait_for_task(run, log, "PLAY [Mirror | Serve the bundle]")
        site.wait_on("cp1", UNPACKING, run)

    site.play_killed(reached, log="killed-mirror")


def test_hosts_while_apt_installs_the_container_runtime(site: Site) -> None:
    def reached(run: Popen[bytes], log: Path) -> None:
        wait_for_task(run, log, "PLAY [Hosts | Prepare the hosts]")
        site.wait_on("node1", UNPACKING, run)
        site.on("node1", "pkill -KILL -x apt-get; pkill -KILL -x dpkg; true")

    site.play_killed(reached, log="killed-hosts")


def test_cluster_inside_kubeadm_init(site: Site) -> None:
    def reached(run: Popen[bytes], log: Path) -> None:
        wait_for_task(run, log, "PLAY [Cluster | Initialise the control plane]")
        site.wait_on("cp1", "pgrep -x kubeadm && test -e /etc/kubernetes/manifests/etcd.yaml", run)
        site.on("cp1", "pkill -KILL -x kubeadm; true")

    site.play_killed(reached, log="killed-init")


def test_cluster_inside_kubeadm_join(site: Site) -> None:
    def reached(run: Popen[bytes], log: Path) -> None:
        wait_for_task(run, log, "PLAY [Cluster | Join the nodes]")
        site.wait_on("node1", "pgrep -f '[k]ubeadm join'", run)
        site.on("node1", "pkill -KILL -x kubeadm; true")

    site.play_killed(reached, "--tags=cluster", log="killed-join")


def test_weights_inside_a_file(site: Site) -> None:
    def reached(run: Popen[bytes], log: Path) -> None:
        wait_for_task(run, log, "PLAY [Weights | Stage the weights]")
        site.wait_on("node1", STOP_WRITER, run)

    site.play_killed(reached, "--tags=cluster,weights", log="killed-weights")
    site.on("node1", KILL_WRITER)
    assert site.on("node1", f"{PARTIAL} | wc -l").strip() != "0"
    published = site.on("node1", f"ls -A {MODELS}").split()
    assert [name for name in published if not name.startswith(".")] == []


def test_serve_between_apply_and_ready(site: Site) -> None:
    def reached(run: Popen[bytes], log: Path) -> None:
        wait_for_task(run, log, "PLAY [Serve | Apply the engine groups]")
        applied = "leaderworkersets --namespace=serving --output=name 2>/dev/null"
        asked = f"{KUBECTL} get {applied} | grep -q . && {KUBECTL} get pods --namespace=serving"
        site.wait_on("cp1", f"{{ {asked} --output=name | grep -q .; }}", run)

    site.play_killed(reached, "--tags=weights,serve", log="killed-serve")
    assert site.ready_pods() == {}


def test_verify_while_the_model_is_asked(site: Site) -> None:
    def reached(run: Popen[bytes], log: Path) -> None:
        wait_for_task(run, log, "[baremetal.sglang.verification : Ask the model]")

    site.play_killed(reached, "--tags=serve,verify", log="killed-verify")
    assert not (site.artifacts / "report.json").exists()


def test_the_last_run_ends_in_the_answer(site: Site) -> None:
    run = site.play("site", log="last")
    assert run.status == 0, run.output[-6000:]
    assert "Paris" in site.report()["answer"]
    units = "systemctl is-enabled nginx docker-registry || true"
    assert site.on("cp1", units).split() == ["disabled", "disabled"]
    print(f"\nlast run: {run.seconds:.0f} s")


def test_one_more_run_changes_nothing(site: Site) -> None:
    run = site.play("site", log="once-more")
    assert run.status == 0, run.output[-6000:]
    assert set(run.changed.values()) == {0}, run.changed
    print(f"\none more run: {run.seconds:.0f} s")
