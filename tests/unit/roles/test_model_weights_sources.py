"""Role model_weights with sources that no relay can read: a hub and a bucket, and their secrets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from tests.secrets.scanner import find_secrets, missed_when_planted
from tests.unit.plugins.module_utils.weights.bench import SHARDS
from tests.unit.plugins.module_utils.weights.buckets import bucket
from tests.unit.plugins.module_utils.weights.hubs import hub
from tests.unit.roles.test_model_weights_chain import NODES, Site, pytestmark, site

__all__ = ["pytestmark", "site"]

TOKEN = "hf_" + "5eed" * 8


def leaks(site: Site, tmp_path: Path, *outputs: str, **secrets: str) -> tuple[object, ...]:
    """Where the secrets are in what the role said and left, but for the inventory itself."""
    (site.path / "hosts.yml").unlink()
    for number, output in enumerate(outputs):
        (site.path / f"output{number}").write_text(output)
    assert missed_when_planted(tmp_path, secrets) == []
    return find_secrets([site.path], secrets)


def test_a_hub_heads_a_chain_and_its_token_stays_in_the_run(site: Site, tmp_path: Path) -> None:
    with hub(site.model, token=TOKEN) as running:
        values: dict[str, Any] = {
            "model_weights_source": running.url,
            "model_weights_source_token": TOKEN,
        }
        first = site.play("-vvv", "--diff", **values)
        assert first.returncode == 0, first.stdout + first.stderr
        assert [site.holds(node) for node in NODES] == [True, True]
        sent = Counter(name for name, _ in running.cdn.asked("GET"))
        assert sent == dict.fromkeys(SHARDS, 1)
    assert leaks(site, tmp_path, first.stdout, first.stderr, token=TOKEN) == ()


def test_a_bucket_heads_a_chain_and_its_keys_stay_in_the_run(site: Site, tmp_path: Path) -> None:
    with bucket(site.model) as running:
        values: dict[str, Any] = {
            "model_weights_source": running.url,
            "model_weights_source_access_key": running.access_key,
            "model_weights_source_secret_key": running.secret_key,
        }
        first = site.play("-vvv", "--diff", **values)
        assert first.returncode == 0, first.stdout + first.stderr
        assert [site.holds(node) for node in NODES] == [True, True]
        assert "source: sent 0.00 GiB, 1.00 times the model" in first.stdout
        refused = site.play(**{**values, "model_weights_source_secret_key": "wrong-" + TOKEN})
        assert "give the secret key of this access key" in " ".join(refused.stdout.split())
    told = (first.stdout, first.stderr, refused.stdout)
    assert leaks(site, tmp_path, *told, key=running.secret_key, wrong=TOKEN) == ()
