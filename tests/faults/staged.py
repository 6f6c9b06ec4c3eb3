"""The weights of the faults' lab: where they lie, and what is whole."""

from __future__ import annotations

from tests.lab_driver import Site
from tests.plans import lab_plan

MODELS = "/var/lib/baremetal-sglang/models"
MODEL = lab_plan()["model"]["name"]
LANDING = f"find {MODELS}/.staging -type f -size +1M 2>/dev/null | grep -q ."


def visible(site: Site, host: str) -> list[str]:
    """What a reader sees below the weights root of a host."""
    names = site.on(host, f"ls -A {MODELS}").split()
    return [name for name in names if not name.startswith(".")]


def unpublish(site: Site, host: str) -> None:
    """Take the model off a host as a person with rm does."""
    site.on(host, f"rm -rf {MODELS}/{MODEL} {MODELS}/{MODEL}@* {MODELS}/.staging")
    assert visible(site, host) == []


def assert_whole(site: Site, host: str) -> None:
    """Every byte that is published has the digest of the list."""
    site.on(host, f"cd {MODELS}/{MODEL}/ && sha256sum --check --quiet --strict SHA256SUMS")


def heal(site: Site, log: str) -> None:
    """The next run ends with whole weights on both nodes."""
    run = site.play("weights", log=log)
    assert run.status == 0, run.output[-4000:]
    assert_whole(site, "node1")
    assert_whole(site, "node2")
