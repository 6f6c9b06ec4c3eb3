"""nvidia-smi's output, where it is not as in the recorded files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe import nvidia_smi
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.reading import (
    SourceError,
)

from tests.unit.plugins.module_utils.deviceprobe.shapes import constructed, recorded_smi, smi

COUNTERS = """<?xml version="1.0" ?><nvidia_smi_log><gpu id="00000000:18:00.0">
<product_name>P</product_name><ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode><ecc_errors>
<volatile><sram_correctable>1</sram_correctable><sram_uncorrectable_parity>2</sram_uncorrectable_parity>
<sram_uncorrectable_secded>4</sram_uncorrectable_secded><dram_correctable>8</dram_correctable>
<dram_uncorrectable>N/A</dram_uncorrectable></volatile>
<aggregate><dram_uncorrectable>16</dram_uncorrectable>
<sram_threshold_exceeded>No</sram_threshold_exceeded></aggregate>
</ecc_errors></gpu></nvidia_smi_log>"""


def without(ask: nvidia_smi.Run, *missing: str) -> Callable[[Sequence[str]], str]:
    def run(arguments: Sequence[str]) -> str:
        if arguments[0].partition("=")[0] in missing:
            raise SourceError("nvidia-smi: not known")
        return ask(arguments)

    return run


def test_ecc_counters_are_added_by_kind() -> None:
    reading = nvidia_smi.read(without(lambda _: COUNTERS, "topo", "--query-gpu"), nvswitches=0)
    ecc = reading.gpus[0].ecc
    assert (ecc.corrected, ecc.uncorrected) == (9, 6)
    assert (ecc.lifetime_corrected, ecc.lifetime_uncorrected) == (0, 16)


def test_without_the_further_calls_links_and_capability_are_not_known() -> None:
    ask = without(recorded_smi("h100x2"), "topo", "--query-gpu")
    gpus = nvidia_smi.read(ask, nvswitches=0).gpus
    assert [(gpu.index, gpu.compute_capability, gpu.nvlink.known) for gpu in gpus] == [
        (0, "", False),
        (1, "", False),
    ]


@pytest.mark.parametrize("text", ["GPU is lost", "Unknown Error"])
def test_a_gpu_whose_fields_say_that_it_is_lost_is_lost(text: str) -> None:
    ask = smi(constructed("hgx-h20"))

    def broken(arguments: Sequence[str]) -> str:
        return ask(arguments).replace("<uuid>GPU-3</uuid>", f"<uuid>{text}</uuid>")

    reading = nvidia_smi.read(broken, nvswitches=4)
    assert reading.lost == (3,)
    assert [gpu.index for gpu in reading.gpus] == [0, 1, 2, 4, 5, 6, 7]


def test_nvlinks_without_a_switch_are_the_sum_of_the_peers() -> None:
    shape = constructed("l40s-pcie")
    shape["topology"] = (
        "\tGPU0\tGPU1\tGPU2\nGPU0\t X \tNV4\tNV2\nGPU1\tNV4\t X \tSYS\nGPU2\tNV2\tSYS\t X \n"
    )
    link = nvidia_smi.read(smi(shape), nvswitches=0).gpus[0].nvlink
    assert (link.links, link.switch) == (6, False)
    assert [peer.links for peer in link.peers] == [4, 2]


def test_a_driver_that_is_not_loaded_is_the_reason() -> None:
    def failed(_arguments: Sequence[str]) -> str:
        return "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"

    with pytest.raises(SourceError, match="nvidia-smi: NVIDIA-SMI has failed because"):
        nvidia_smi.read(failed, nvswitches=0)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "nvidia-smi"


def test_the_program_is_given_the_arguments(program: Path) -> None:
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    assert nvidia_smi.run(["-q", "-x"]) == "-q -x\n"


def test_a_program_that_prints_nothing_is_an_error(program: Path) -> None:
    program.write_text("#!/bin/sh\necho broken >&2\nexit 9\n")
    program.chmod(0o755)
    with pytest.raises(SourceError, match="nvidia-smi: exit status 9: broken"):
        nvidia_smi.run(["-q"])


def test_a_program_that_cannot_be_run_is_an_error(program: Path) -> None:
    program.write_text("#!/no/such/shell\n")
    program.chmod(0o755)
    with pytest.raises(SourceError, match="nvidia-smi: "):
        nvidia_smi.run(["-q"])


def test_a_host_without_the_program_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SourceError, match="nvidia-smi: not found"):
        nvidia_smi.run(["-q"])
