"""Faults at the lowest layer of a host: what a path, a unit or a disk gives to those who ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab_driver import Site

SPARE = "/run/fault"
KUBECTL = "kubectl --kubeconfig=/etc/kubernetes/admin.conf"


def stop_serving(site: Site) -> None:
    """Delete the engine groups and wait until their pods are gone."""
    site.on(
        "cp1",
        f"{KUBECTL} delete leaderworkersets --all --namespace=serving --wait;"
        f"{KUBECTL} wait --for=delete pods --all --namespace=serving --timeout=120s",
    )


@contextmanager
def mounted_over(site: Site, host: str, path: str, prepare: str) -> Iterator[None]:
    """The path shows what the shell command ``prepare`` left in SPARE, until the block ends."""
    site.on(host, f"set -e; rm -rf {SPARE}; {prepare}; mount --bind {SPARE} {path}")
    try:
        yield
    finally:
        site.on(host, f"umount {path}; rm -rf {SPARE}")


@contextmanager
def small_disk(site: Site, host: str, path: str, mebibytes: int) -> Iterator[None]:
    """The path is an empty file system of ``mebibytes`` MiB, until the block ends."""
    site.on(host, f"mount -t tmpfs -o size={mebibytes}m tmpfs {path}")
    try:
        yield
    finally:
        site.on(host, f"umount {path}")


@contextmanager
def stopped(site: Site, host: str, unit: str) -> Iterator[None]:
    """The unit does not run, until the block ends."""
    site.on(host, f"systemctl stop {unit}")
    try:
        yield
    finally:
        site.on(host, f"systemctl start {unit}")
