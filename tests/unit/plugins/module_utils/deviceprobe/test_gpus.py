"""The GPUs of recorded hosts, and of constructed ones from each source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.gpus import (
    Sources,
    gpu_finding,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.nvidia_smi import (
    topology,
)

from lab.hardware.pci import write
from tests.unit.plugins.module_utils.deviceprobe.shapes import (
    RECORDED,
    Nvml,
    constructed,
    no_nvidia_smi,
    plant,
    recorded_smi,
    smi,
    sources,
)

BOTH = ("nvml", "nvidia-smi")
TWO_GPUS = ("h100x2-readers", "h200x2")
MULTI = ("dgx-a100", "hgx-h20", "dgx-b200", "l40s-pcie")


def read(found: Sources) -> dict[str, Any]:
    gpu: dict[str, Any] = dict(gpu_finding(found).result["gpu"])
    return gpu


def recorded_host(root: Path) -> Path:
    plant(root, (RECORDED / "h100x1/pci.txt").read_text())
    host = (RECORDED / "h100x1/host.txt").read_text()
    write(root / "proc/driver/nvidia/version", host[host.index("NVRM version") :])
    where = root / "proc/driver/nvidia/gpus/0000:00:06.0/information"
    write(where, host[host.index("Model:") :])
    return root


def test_a_recorded_h100_is_read_as_its_reader_read_it_there(tmp_path: Path) -> None:
    answers = json.loads((RECORDED / "h100x1/reader.json").read_text())
    root = recorded_host(tmp_path)
    by_smi = read(Sources(root, None, recorded_smi("h100x1")))
    assert by_smi == answers["nvidia-smi"]["gpu"]
    by_pci = read(Sources(root, None, no_nvidia_smi))
    # That run left nvidia-smi out under another message.
    answers["pci"]["gpu"]["passed_over"][1] = "nvidia-smi: not found"
    assert by_pci == answers["pci"]["gpu"]


def test_nvml_and_nvidia_smi_said_the_same_of_the_recorded_h100() -> None:
    answers = json.loads((RECORDED / "h100x1/reader.json").read_text())
    assert answers["nvml"]["gpu"]["gpus"] == answers["nvidia-smi"]["gpu"]["gpus"]
    assert answers["nvml"]["gpu"]["source"] == "nvml"


def test_the_recorded_h100_is_on_the_numa_node_that_nvidia_smi_names(tmp_path: Path) -> None:
    affinity = (RECORDED / "h100x1/topo.txt").read_text().splitlines()[1].split("\t")[3]
    gpu = read(Sources(recorded_host(tmp_path), None, recorded_smi("h100x1")))["gpus"][0]
    assert (affinity, gpu["numa_node"]) == ("0", 0)


def test_two_recorded_h100_are_read_in_full(tmp_path: Path) -> None:
    found = read(Sources(tmp_path, None, recorded_smi("h100x2")))
    assert (found["source"], found["driver"], found["cuda"]) == ("nvidia-smi", "580.159.04", "13.0")
    assert found["gpus"][1] == {
        "index": 1,
        "pci_address": "0000:00:07.0",
        "name": "NVIDIA H100 80GB HBM3",
        "uuid": "GPU-df09aa7d-b5b4-fae0-fe73-5104fedb5462",
        "memory_mib": 81559,
        "compute_capability": "9.0",
        "pci_path": [],
        "numa_node": -1,
        "nvlink": {
            "known": True,
            "links": 18,
            "switch": True,
            "peers": [{"pci_address": "0000:00:06.0", "links": 18}],
        },
        "mig": {"mode": "disabled", "devices": 0},
        "ecc": {
            "mode": "enabled",
            "corrected": 0,
            "uncorrected": 0,
            "lifetime_corrected": 0,
            "lifetime_uncorrected": 0,
        },
        "lost": False,
    }


def test_two_recorded_h100_are_as_far_apart_as_nvidia_smi_says(tmp_path: Path) -> None:
    # Their paths were not recorded; those of the other machine of the same kind are.
    table = (RECORDED / "h100x1/pci.txt").read_text()
    plant(tmp_path, table + table.splitlines()[-1].replace(":06.0", ":07.0"))
    said = topology((RECORDED / "h100x2/topo.txt").read_text())
    assert said["GPU0"] == {"GPU0": "X", "GPU1": "NV18"}
    assert read(Sources(tmp_path, None, recorded_smi("h100x2")))["distances"] == said


@pytest.mark.parametrize("source", BOTH)
@pytest.mark.parametrize("machine", TWO_GPUS)
def test_on_two_gpus_the_reader_said_what_nvidia_smi_topo_said(machine: str, source: str) -> None:
    answers = json.loads((RECORDED / machine / "reader.json").read_text())
    said = topology((RECORDED / machine / "topo.txt").read_text())
    assert said["GPU0"] == {"GPU0": "X", "GPU1": "NV18"}
    assert answers[source]["gpu"]["distances"] == said


@pytest.mark.parametrize("machine", TWO_GPUS)
def test_two_gpus_are_read_from_their_records_as_they_were_read_there(
    tmp_path: Path, machine: str
) -> None:
    answers = json.loads((RECORDED / machine / "reader.json").read_text())
    plant(tmp_path, (RECORDED / machine / "pci.txt").read_text())
    found = read(Sources(tmp_path, None, recorded_smi(machine)))
    assert found == answers["nvidia-smi"]["gpu"]


@pytest.mark.parametrize("source", BOTH)
@pytest.mark.parametrize(
    ("name", "count", "nvswitches", "card"),
    [
        ("dgx-a100", 8, 6, ("NVIDIA A100-SXM4-80GB", 81920, "8.0", 12)),
        ("hgx-h20", 8, 4, ("NVIDIA H20", 97871, "9.0", 18)),
        ("dgx-b200", 8, 0, ("NVIDIA B200", 183359, "10.0", 18)),
        ("l40s-pcie", 5, 0, ("NVIDIA L40S", 46068, "8.9", 0)),
        ("mig", 1, 0, ("NVIDIA H100 80GB HBM3", 81559, "9.0", 0)),
    ],
)
def test_constructed_hosts_are_read_the_same_by_both_sources(
    tmp_path: Path, source: str, name: str, count: int, nvswitches: int, card: tuple[Any, ...]
) -> None:
    found = read(sources(tmp_path, name, source))
    assert (found["source"], found["nvswitches"]) == (source, nvswitches)
    gpus = found["gpus"]
    assert [gpu["index"] for gpu in gpus] == list(range(count))
    keys = ("name", "memory_mib", "compute_capability")
    assert {(*(gpu[key] for key in keys), gpu["nvlink"]["links"]) for gpu in gpus} == {card}
    assert {gpu["nvlink"]["switch"] for gpu in gpus} == {card[3] > 0}
    assert not any(gpu["lost"] for gpu in gpus)


@pytest.mark.parametrize("source", BOTH)
@pytest.mark.parametrize("name", MULTI)
def test_distances_are_those_of_the_shape_s_matrix(tmp_path: Path, name: str, source: str) -> None:
    assert read(sources(tmp_path, name, source))["distances"] == topology(
        constructed(name)["topology"]
    )


@pytest.mark.parametrize("source", BOTH)
def test_mig_devices_are_counted(tmp_path: Path, source: str) -> None:
    assert read(sources(tmp_path, "mig", source))["gpus"][0]["mig"] == {
        "mode": "enabled",
        "devices": 7,
    }


@pytest.mark.parametrize("source", BOTH)
def test_a_card_without_mig_says_so(tmp_path: Path, source: str) -> None:
    assert read(sources(tmp_path, "l40s-pcie", source))["gpus"][0]["mig"]["mode"] == "unsupported"


@pytest.mark.parametrize(("source", "index"), [("nvml", 2), ("nvidia-smi", -1)])
def test_a_lost_gpu_is_listed_last_and_warned_of(tmp_path: Path, source: str, index: int) -> None:
    finding = gpu_finding(sources(tmp_path, "lost", source))
    gpus = finding.result["gpu"]["gpus"]
    assert [(gpu["index"], gpu["lost"]) for gpu in gpus] == [
        (0, False),
        (1, False),
        (3, False),
        (index, True),
    ]
    assert (gpus[3]["pci_address"], gpus[3]["name"]) == ("0000:52:00.0", "10de:2330")
    assert set(finding.result["gpu"]["distances"]) == {"GPU0", "GPU1", "GPU3"}
    assert finding.warnings == (
        "GPU 0000:52:00.0: the driver holds it, but it does not answer; look for Xid in the "
        "kernel's log and reset the GPU or restart the host",
    )


def test_lost_gpus_have_no_index_where_it_could_be_another_one_s(tmp_path: Path) -> None:
    shape = {**constructed("lost"), "lost": [2, 3]}
    table = [row for row in shape["pci"].splitlines() if "0000:61:00.0" not in row]
    plant(tmp_path, "\n".join(table))
    gpus = read(Sources(tmp_path, Nvml(shape), no_nvidia_smi))["gpus"]
    assert [(gpu["index"], gpu["pci_address"]) for gpu in gpus if gpu["lost"]] == [
        (-1, "0000:52:00.0"),
        (-1, ""),
    ]


def test_a_lost_gpu_that_the_bus_no_longer_shows_keeps_its_index(tmp_path: Path) -> None:
    finding = gpu_finding(Sources(tmp_path, Nvml(constructed("lost")), no_nvidia_smi))
    gpu = finding.result["gpu"]["gpus"][-1]
    assert (gpu["index"], gpu["pci_address"], gpu["lost"]) == (2, "", True)
    assert finding.warnings[0].startswith("GPU 2: the driver holds it")


@pytest.mark.parametrize(
    ("source", "answered"), [("nvml", "nvml"), ("nvidia-smi", "pci"), ("pci", "pci")]
)
def test_a_host_without_gpus_has_an_empty_list(tmp_path: Path, source: str, answered: str) -> None:
    finding = gpu_finding(sources(tmp_path, "none", source))
    gpu = finding.result["gpu"]
    assert (gpu["gpus"], gpu["distances"], gpu["source"]) == ([], {}, answered)
    assert finding.warnings == ()


def test_each_source_passed_over_says_why(tmp_path: Path) -> None:
    shape = constructed("none")
    found = read(Sources(tmp_path, Nvml(shape, start_error=9), smi(shape)))
    assert found["passed_over"] == ["nvml: NVML error 9", "nvidia-smi: No devices were found"]


def test_the_bus_alone_names_gpus_by_their_ids(tmp_path: Path) -> None:
    found = read(sources(tmp_path, "dgx-a100", "pci"))
    assert [gpu["name"] for gpu in found["gpus"]] == ["10de:20b2"] * 8
    assert found["gpus"][7]["pci_address"] == "0000:6b:00.0"
    assert (found["gpus"][7]["numa_node"], found["gpus"][7]["nvlink"]["known"]) == (5, False)
    assert found["distances"]["GPU0"]["GPU1"] == "PXB"


def test_a_gpu_of_another_driver_is_left_out_and_warned_of(tmp_path: Path) -> None:
    shape = constructed("l40s-pcie")
    first, *rest = shape["pci"].splitlines(keepends=True)
    plant(tmp_path, "".join([first.replace("driver=nvidia", "driver=vfio-pci"), *rest]))
    shape["addresses"].remove("0000:18:00.0")
    finding = gpu_finding(Sources(tmp_path, Nvml(shape), no_nvidia_smi))
    assert len(finding.result["gpu"]["gpus"]) == 4
    assert finding.warnings == (
        "GPU 0000:18:00.0: left out, since driver vfio-pci holds it, not nvidia",
    )
