"""What the adapter makes of pynvml's answers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe import nvml
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.reading import (
    SourceError,
)

from tests.unit.plugins.module_utils.deviceprobe.shapes import (
    Nvml,
    NVMLError,
    constructed,
)


def two(**gpu: Any) -> dict[str, Any]:
    shape = constructed("hgx-h20")
    shape["gpu"].update(gpu)
    return {**shape, "addresses": shape["addresses"][:2]}


def test_nvml_is_closed_again() -> None:
    library = Nvml(two())
    nvml.read(library)
    assert not library.open


def test_a_python_without_pynvml_is_said() -> None:
    with pytest.raises(SourceError, match="nvidia-ml-py"):
        nvml.read(None)


def test_an_nvml_that_does_not_start_is_passed_over_with_its_reason() -> None:
    with pytest.raises(SourceError, match="nvml: NVML error 18"):
        nvml.read(Nvml(two(), start_error=18))


def test_nvlinks_of_a_bridge_name_the_peer() -> None:
    link = nvml.read(Nvml(two(nvlinks=4, bridge=True))).gpus[0].nvlink
    assert (link.links, link.switch) == (4, False)
    assert [(peer.pci_address, peer.links) for peer in link.peers] == [("0000:43:00.0", 4)]


def test_ecc_errors_keep_their_kind_and_counter() -> None:
    ecc = nvml.read(Nvml(two(ecc_errors=[[1, 2], [3, 4]]))).gpus[0].ecc
    assert (ecc.mode, ecc.corrected, ecc.uncorrected) == ("enabled", 1, 2)
    assert (ecc.lifetime_corrected, ecc.lifetime_uncorrected) == (3, 4)


@pytest.mark.parametrize(("said", "mode"), [("Disabled", "disabled"), ("N/A", "unsupported")])
def test_ecc_that_is_off_counts_nothing(said: str, mode: str) -> None:
    ecc = nvml.read(Nvml(two(ecc_mode=said, ecc_errors=[[1, 1], [1, 1]]))).gpus[0].ecc
    assert (ecc.mode, ecc.corrected, ecc.lifetime_uncorrected) == (mode, 0, 0)


@pytest.mark.parametrize("error", [15, 999])
def test_a_gpu_without_a_handle_is_lost(error: int) -> None:
    reading = nvml.read(Nvml({**two(), "lost": [1]}, lost_error=error))
    assert (len(reading.gpus), reading.lost) == (1, (1,))


def test_a_gpu_that_falls_off_the_bus_while_it_is_read_is_lost() -> None:
    class Falling(Nvml):
        def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:  # noqa: ARG002, N802  as pynvml's
            raise NVMLError(15)

    reading = nvml.read(Falling(two()))
    assert (reading.gpus, reading.lost) == ((), (0, 1))


def test_any_other_error_of_a_handle_passes_nvml_over() -> None:
    with pytest.raises(SourceError, match="NVML error 4"):
        nvml.read(Nvml({**two(), "lost": [1]}, lost_error=4))


def test_versions_are_texts() -> None:
    reading = nvml.read(Nvml({**two(), "driver": "570.1", "cuda": "12.8"}))
    assert (reading.driver, reading.cuda) == ("570.1", "12.8")
