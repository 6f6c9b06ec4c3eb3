"""How the weights are read: by storage, memory and cores, and by what a person asks."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.loader import (
    LOADERS,
    Load,
    Loader,
    choose_loader,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.rank_resources import (
    RankShare,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import Storage

from tests.unit.plugins.module_utils.planning.plan_samples import host, node
from tests.unit.plugins.module_utils.planning.test_planner import made

R1_BYTES = 688_586_727_753
NVME = Storage("nvme", "xfs", "nvme0n1 nvme1n1")


def load(*storages: Storage, size: int = R1_BYTES, memory: int = 2032, **values: Any) -> Load:
    """Ranks of eight GPUs, each on a host with one of the storages."""
    hosts = [node(f"gpu-{at}", storage=each, **values) for at, each in enumerate(storages)]
    return Load(size, [RankShare(each, 8) for each in hosts], memory)


def settings(loader: Loader) -> dict[str, object]:
    return dict(loader.settings)


def test_nvme_is_read_by_several_threads_of_each_process() -> None:
    loader = choose_loader(load(NVME, NVME, cores=192))
    assert loader.name == "multithread"
    assert settings(loader) == {
        "loader_options": '{"enable_multithread_load": true, "num_threads": 8}'
    }
    assert loader.why == (
        "nvme: xfs on nvme0n1 nvme1n1: 8 files at once in each of 8 processes, the engine's own"
        " number: they hold 400.0 GB of files, 75% of a rank's 2,032 GiB are 1,636.4 GB"
    )


@pytest.mark.parametrize(
    ("memory", "cores", "size", "threads", "limit"),
    [
        (2032, 63, R1_BYTES, 7, "one for each of 63 cores"),
        (2032, 0, R1_BYTES, 8, "the engine's own number"),
        # 8 processes x (5 + 2) files x 5 GB are 280 GB; 75 % of 350 GiB are 281.9 GB.
        (350, 192, R1_BYTES, 5, "all that fit"),
        # A model of one small file is held as it is.
        (16, 192, 269_060_552, 3, "all that fit"),
        # Never none, though nothing fits.
        (16, 192, R1_BYTES, 1, "all that fit"),
        (2032, 4, R1_BYTES, 1, "one for each of 4 cores"),
    ],
)
def test_threads_are_as_many_as_cores_and_memory_allow(
    memory: int, cores: int, size: int, threads: int, limit: str
) -> None:
    loader = choose_loader(load(NVME, memory=memory, cores=cores, size=size))
    assert f'"num_threads": {threads}}}' in str(settings(loader)["loader_options"])
    assert f"{threads} files at once in each of 8 processes, {limit}: " in loader.why


@pytest.mark.parametrize(("kind", "threads"), [("nfs", 4), ("ssd", 4), ("hdd", 1)])
def test_slower_storage_is_read_once_into_the_page_cache_where_it_fits(
    kind: str, threads: int
) -> None:
    loader = choose_loader(load(Storage(kind)))
    assert loader.name == "prefetch"
    assert settings(loader) == {"prefetch": "", "prefetch_threads": threads}
    assert loader.why == (
        f"{kind}: a host reads each file once, {threads} at once for each process, into the page"
        " cache: 688.6 GB of files fit, 75% of a rank's 2,032 GiB are 1,636.4 GB"
    )


@pytest.mark.parametrize(
    ("kind", "name", "options"),
    [
        ("nfs", "default", {}),
        ("ssd", "default", {}),
        ("hdd", "sequential", {"loader_options": '{"enable_multithread_load": false}'}),
    ],
)
def test_what_does_not_fit_into_memory_is_not_read_ahead(
    kind: str, name: str, options: dict[str, object]
) -> None:
    loader = choose_loader(load(Storage(kind), memory=855))
    assert (loader.name, settings(loader)) == (name, options)
    assert loader.why == (
        f"{kind}: 688.6 GB of files do not fit into the page cache: 75% of a rank's 855 GiB are"
        " 688.5 GB"
    )
    assert choose_loader(load(Storage(kind), memory=856)).name == "prefetch"


def test_without_a_fact_the_engine_loads_as_it_likes() -> None:
    loader = choose_loader(Load(R1_BYTES, [RankShare(host("node1"), 0)], 2032))
    assert (loader.name, loader.settings) == ("default", ())
    assert loader.why == (
        "unknown: no fact says what the weights lie on; site_hardware.storage can"
    )


def test_a_rank_without_gpus_is_one_process() -> None:
    share = RankShare(host("node1", storage=NVME, cores=4), 0)
    assert "4 files at once in each of 1 processes" in choose_loader(Load(10**9, [share], 16)).why


def test_hosts_that_differ_have_no_loader_in_common() -> None:
    loader = choose_loader(load(NVME, Storage("nfs", "nfs4", "proto=rdma")))
    assert (loader.name, loader.settings) == ("default", ())
    assert loader.why == "the hosts differ (gpu-0 nvme, gpu-1 nfs) and have one list"


def test_hosts_of_one_kind_with_other_disks_are_named_by_the_kind() -> None:
    assert choose_loader(load(NVME, Storage("nvme", "ext4"))).why.startswith("nvme: 8 files")


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("default", []),
        ("multithread", ["loader_options"]),
        ("prefetch", ["prefetch", "prefetch_threads"]),
        ("sequential", ["loader_options"]),
    ],
)
@pytest.mark.parametrize("storage", [Storage(), NVME, Storage("hdd")])
def test_a_person_s_choice_wins_over_the_facts(
    storage: Storage, name: str, names: list[str]
) -> None:
    loader = choose_loader(load(storage, memory=16), name)
    assert (loader.name, list(settings(loader))) == (name, names)
    assert loader.why == "as site_constraints.weight_loader asks"
    assert name in LOADERS


def test_nvme_is_read_by_threads_and_what_a_person_says_comes_after() -> None:
    own = {"engine_arguments": ["--model-loader-extra-config", "{}"]}
    arguments = made("examples/2x8-h100", own)["arguments"]
    at = arguments.index("--model-loader-extra-config")
    assert arguments[at + 1 :] == [
        '{"enable_multithread_load": true, "num_threads": 8}',
        "--model-loader-extra-config",
        "{}",
    ]


def test_weights_of_a_server_are_read_once_for_each_host() -> None:
    hosts: dict[str, Any] = {f"hosts.{number}.hardware.storage": "nfs" for number in range(2)}
    document = made("examples/2x8-h100", hosts)
    assert document["arguments"][-3:] == [
        "--weight-loader-prefetch-checkpoints",
        "--weight-loader-prefetch-num-threads",
        "4",
    ]
    assert document["explanation"]["engines"][0]["loader"] == {
        "name": "prefetch",
        "why": "nfs: a host reads each file once, 4 at once for each process, into the page cache:"
        " 688.6 GB of files fit, 75% of a rank's 2,032 GiB are 1,636.4 GB",
    }
    hosts["constraints.rank_memory_gib"] = 512
    document = made("examples/2x8-h100", hosts)
    assert document["arguments"][-1] == "--enable-metrics"


def test_a_person_chooses_the_loader() -> None:
    document = made("examples/2x8-h100", {"constraints.weight_loader": "default"})
    assert document["arguments"][-1] == "--enable-metrics"
    (engine,) = document["explanation"]["engines"]
    assert engine["loader"] == {
        "name": "default",
        "why": "as site_constraints.weight_loader asks",
    }
    assert document["explanation"]["made_from"]["constraints"]["weight_loader"] == "default"


def test_each_role_has_the_loader_before_its_own_arguments() -> None:
    document = made("examples/4x8-a100-80", {"constraints.serving_mode": "disaggregated"})
    for group in document["groups"]:
        arguments = group["arguments"]
        loader, mode = (
            arguments.index(name)
            for name in ("--model-loader-extra-config", "--disaggregation-mode")
        )
        assert loader < mode
