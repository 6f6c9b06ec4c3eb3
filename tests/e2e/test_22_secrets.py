"""No secret of the cluster is in what a run prints or writes, not even with -vvv and --diff."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
import yaml

from tests.e2e.rehearsal import HOSTS, SITE
from tests.lab_driver import Run
from tests.secrets.scanner import find_secrets, missed_when_planted

# A kubeadm bootstrap token (kubeadm's own pattern: 6 characters, a dot, 16 characters).
TOKEN = re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b")
KUBECONFIG = SITE.artifacts / "kubeconfig"


@pytest.fixture(scope="module")
def secrets(served: Run) -> dict[str, str]:
    """The keys of the cluster that was just built."""
    pki = "/etc/kubernetes/pki"
    admin = yaml.safe_load(SITE.on("cp1", "cat /etc/kubernetes/admin.conf"))
    return {
        "key of the cluster's CA": SITE.on("cp1", f"cat {pki}/ca.key"),
        "key of etcd's CA": SITE.on("cp1", f"cat {pki}/etcd/ca.key"),
        "key of service accounts": SITE.on("cp1", f"cat {pki}/sa.key"),
        "key of the administrator": base64.b64decode(
            admin["users"][0]["user"]["client-key-data"]
        ).decode(),
    }


def test_the_scan_finds_each_planted_secret(secrets: dict[str, str], tmp_path: Path) -> None:
    assert missed_when_planted(tmp_path, secrets) == []
    assert TOKEN.search("kubeadm join --token abcdef.0123456789abcdef")


def test_only_the_kubeconfig_of_its_owner_holds_a_secret(secrets: dict[str, str]) -> None:
    hits = find_secrets([SITE.artifacts, SITE.logs], secrets)
    assert {hit.path for hit in hits} == {KUBECONFIG}
    assert not any(hit.for_others for hit in hits)


def test_no_bootstrap_token_is_printed(served: Run) -> None:
    printed = {
        (log.name, token)
        for log in SITE.logs.glob("*.log")
        for token in TOKEN.findall(log.read_text(errors="replace"))
    }
    assert printed == set()


def test_no_bootstrap_token_is_left_in_the_cluster(served: Run) -> None:
    left = SITE.kubectl(
        "get",
        "secrets",
        "--namespace=kube-system",
        "--field-selector=type=bootstrap.kubernetes.io/token",
    )
    assert left["items"] == []


def test_no_file_that_others_may_read_holds_a_key_on_a_host(secrets: dict[str, str]) -> None:
    line = secrets["key of the administrator"].splitlines()[1]
    encoded = base64.b64encode(secrets["key of the administrator"].encode()).decode()[40:80]
    for host in HOSTS:
        search = (
            "find /etc /root /tmp /var/lib/kubelet -xdev -type f -perm /044"
            f" -exec grep -lF -e {line} -e {encoded} {{}} + || true"
        )
        assert SITE.on(host, search) == "", host
