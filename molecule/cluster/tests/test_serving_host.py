"""What a host has for the engine's pods, on a site whose plan keeps kernels and names RDMA."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from typing import Any

import pytest

testinfra_hosts = ["ansible://cp1", "ansible://node1"]

CACHE = "/var/lib/baremetal-sglang/cache/engine"
DROP_IN = "/etc/systemd/system/containerd.service.d/50-baremetal-sglang-memlock.conf"


@pytest.fixture
def serves(host: Any) -> bool:
    return bool(host.check_output("hostname") == "node1")


def test_containerd_has_no_limit_on_locked_memory_where_pods_use_rdma(
    host: Any, serves: bool
) -> None:
    limit = host.check_output("systemctl show containerd.service --property LimitMEMLOCK --value")
    assert (host.file(DROP_IN).exists, limit == "infinity") == (serves, serves)


def test_the_pods_user_alone_reads_and_writes_compiled_kernels(host: Any, serves: bool) -> None:
    assert host.file(CACHE).exists == serves
    if serves:
        found = host.file(CACHE)
        assert (found.uid, found.gid, found.mode) == (65532, 65532, 0o700)
        attempt = f"setpriv --clear-groups --reuid {{0}} --regid {{0}} touch {CACHE}/kernel"
        assert host.run_test(attempt.format(65532)).succeeded
        assert host.run(attempt.format(65534)).failed
