"""Role model_weights with a model that one host has, which serves it while the role runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plugins.module_utils.weights.relays import free_port
from tests.unit.roles.test_model_weights_chain import (
    NODES,
    Site,
    changed,
    pytestmark,
    relays,
    site,
)

__all__ = ["pytestmark", "site"]

# On this one machine every host has an address of its own.
ADDRESSES = {"a": "127.0.0.2", "b": "127.0.0.3", "store": "127.0.0.4"}


def placed(site: Site, host: str, **values: Any) -> dict[str, Any]:
    return {
        "model_weights_source": f"file://{host}{site.model.path}",
        "model_weights_source_address": ADDRESSES[host],
        "model_weights_source_port": free_port(),
        "model_weights_source_directory": f"{site.path}/served",
        **values,
    }


def test_a_node_that_has_the_model_heads_the_chain_and_a_second_run_asks_nobody(
    site: Site,
) -> None:
    values = placed(site, "b")
    first = site.play(**values)
    assert first.returncode == 0, first.stdout + first.stderr
    assert [site.holds(node) for node in NODES] == [True, True]
    assert "source: sent 0.00 GiB, 1.00 times the model" in first.stdout
    assert "from b" in first.stdout, first.stdout
    assert not (site.path / "served").exists()
    assert str(site.path) not in relays()
    again = site.play(**values)
    assert changed(again.stdout) == [0, 0], again.stdout
    assert "Start nginx" not in again.stdout


def test_a_host_that_is_no_node_gives_the_model_to_each_and_its_key_ends_with_the_run(
    site: Site,
) -> None:
    played = site.play("-vvv", "--diff", **placed(site, "store", model_weights_transfer="direct"))
    assert played.returncode == 0, played.stdout + played.stderr
    assert [site.holds(node) for node in NODES] == [True, True]
    assert "source: sent 0.00 GiB, 2.00 times the model" in played.stdout
    # -vvv shows what was sent to each host, and --diff what was written there.
    assert "Bearer" not in played.stdout + played.stderr
    assert not (site.path / "served").exists()


def test_a_node_that_fails_does_not_end_what_the_others_read(site: Site) -> None:
    (site.path / "a" / "models").write_text("in the way")
    values = placed(site, "store", model_weights_transfer="direct")
    played = site.play(errors_are_fatal=False, **values)
    assert played.returncode != 0
    assert [site.holds("b"), (site.path / "served").exists()] == [True, False]
    assert str(site.path) not in relays()


def test_a_check_changes_nothing_and_says_whom_it_could_not_ask(site: Site) -> None:
    values = placed(site, "store")
    checked = site.play("--check", **values)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "check mode could not ask the source" in checked.stdout + checked.stderr
    assert [(site.path / node / "models").exists() for node in NODES] == [False, False]
    assert not (site.path / "served").exists()


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ({"model_weights_source": "file://nas/r1"}, "needed a host of the inventory"),
        ({"model_weights_source_address": ""}, "needed a host of the inventory, its address"),
        ({"model_weights_source": "file://store/a;b"}, "a path of letters, digits"),
        ({"model_weights_source": "file://store/empty"}, "store has no /empty/SHA256SUMS"),
    ],
)
def test_a_source_that_no_host_can_serve_is_refused(
    site: Site, given: dict[str, str], needed: str
) -> None:
    played = site.play(**{**placed(site, "store"), **given})
    assert played.returncode != 0
    assert needed in " ".join(played.stdout.split())
    assert [(site.path / node / "models").exists() for node in NODES] == [False, False]


def test_a_source_that_nginx_may_not_read_is_refused(site: Site) -> None:
    site.model.path.chmod(0o700)
    played = site.play(**placed(site, "store"))
    assert played.returncode != 0
    assert "cannot be read by www-data" in " ".join(played.stdout.split())
    assert not (site.path / "served").exists()
