# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The GPUs of a host: the first source that can tell, completed by the PCI bus."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Callable, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe import (
    nvidia_smi,
    nvml,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.pci import (
    PciDevice,
    line,
    pci_devices,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.rdma import read_nics
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.reading import (
    Reading,
    SourceError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    Gpu,
    HostGpus,
    as_facts,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.distances import (
    distances,
)

PCI = "pci"
DRIVER = "nvidia"
NO_INDEX = -1
DRIVER_VERSION = re.compile(r"Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)")


@dataclass(frozen=True)
class Sources:
    """Where facts come from: the file tree, the pynvml module or None, and nvidia-smi."""

    root: Path
    nvml: Any
    nvidia_smi: nvidia_smi.Run


def gpu_finding(sources: Sources) -> Finding:
    """What module gpu_facts returns, with a warning for each GPU that cannot be used as it is."""
    on_bus = pci_devices(sources.root)
    host = read_gpus(sources, on_bus)
    nics = read_nics(sources.root)
    facts = {**as_facts(host), "distances": distances(host.gpus, nics)}
    return Finding({"gpu": facts}, warnings=(*_lost(host), *_foreign(host, on_bus)))


def read_gpus(sources: Sources, on_bus: Mapping[str, PciDevice]) -> HostGpus:
    """The GPUs of the host; one without any has an empty tuple, whatever is installed."""
    nvswitches = sum(device.is_nvswitch for device in on_bus.values())
    reading, passed_over = _first_reading(sources, nvswitches)
    if reading.source == PCI:
        gpus = tuple(
            _from_bus(sources.root, device, index)
            for index, device in enumerate(_gpus_on(on_bus, every=True))
        )
    else:
        gpus = _completed(sources.root, reading, on_bus)
    return HostGpus(
        source=reading.source,
        passed_over=passed_over,
        driver=reading.driver,
        cuda=reading.cuda,
        nvswitches=nvswitches,
        gpus=gpus,
    )


def _lost(host: HostGpus) -> list[str]:
    return [
        f"GPU {gpu.pci_address or gpu.index}: the driver holds it, but it does not answer; look "
        "for Xid in the kernel's log and reset the GPU or restart the host"
        for gpu in host.gpus
        if gpu.lost
    ]


def _foreign(host: HostGpus, on_bus: Mapping[str, PciDevice]) -> list[str]:
    """GPUs that driver nvidia does not hold, though it is there and holds others."""
    if host.source == PCI:
        return []
    return [
        f"GPU {gpu.address}: left out, since driver {gpu.driver or 'none'} holds it, not {DRIVER}"
        for gpu in _gpus_on(on_bus, every=True)
        if gpu.driver != DRIVER
    ]


def _first_reading(sources: Sources, nvswitches: int) -> tuple[Reading, tuple[str, ...]]:
    passed_over: list[str] = []
    attempts: tuple[Callable[[], Reading], ...] = (
        lambda: nvml.read(sources.nvml),
        lambda: nvidia_smi.read(sources.nvidia_smi, nvswitches=nvswitches),
    )
    for attempt in attempts:
        try:
            return attempt(), tuple(passed_over)
        except SourceError as error:
            passed_over.append(str(error))
    version = DRIVER_VERSION.search(line(sources.root / "proc/driver/nvidia/version"))
    driver = version.group(1) if version else ""
    return Reading(source=PCI, driver=driver, cuda="", gpus=()), tuple(passed_over)


def _completed(root: Path, reading: Reading, on_bus: Mapping[str, PciDevice]) -> tuple[Gpu, ...]:
    """The GPUs that answered, each with its place, then those that the driver holds in vain."""
    answered = {gpu.pci_address: _placed(gpu, on_bus) for gpu in reading.gpus}
    silent = [gpu for gpu in _gpus_on(on_bus, every=False) if gpu.address not in answered]
    # Both lists are in the order of the bus, so they fit together when they have one length.
    fitting = not silent or len(silent) == len(reading.lost)
    indexes = reading.lost if fitting else (NO_INDEX,) * len(reading.lost)
    lost = [
        replace(_from_bus(root, device, index), lost=True)
        if device
        else Gpu(index=index, pci_address="", lost=True)
        for device, index in _pairs(silent, indexes)
    ]
    return (*answered.values(), *lost)


def _pairs(
    silent: Sequence[PciDevice], indexes: Sequence[int]
) -> Iterator[tuple[Optional[PciDevice], int]]:
    for device, index in zip_longest(silent, indexes):
        yield device, NO_INDEX if index is None else index


def _gpus_on(on_bus: Mapping[str, PciDevice], *, every: bool) -> list[PciDevice]:
    """The GPUs on the bus in order; without C(every) only those that the driver holds."""
    return [d for d in on_bus.values() if d.is_gpu and (every or d.driver == DRIVER)]


def _placed(gpu: Gpu, on_bus: Mapping[str, PciDevice]) -> Gpu:
    device = on_bus.get(gpu.pci_address)
    if device is None:
        return gpu
    return replace(gpu, pci_path=device.path, numa_node=device.numa_node)


def _from_bus(root: Path, device: PciDevice, index: int) -> Gpu:
    """What bus and driver say of a GPU that nobody could ask: no memory, no links."""
    text = line(root / "proc/driver/nvidia/gpus" / device.address / "information")
    said = dict(re.findall(r"^([^:\n]+):[ \t]*(.*?)[ \t]*$", text, re.MULTILINE))
    return Gpu(
        index=index,
        pci_address=device.address,
        name=said.get("Model", f"{device.vendor:04x}:{device.device:04x}"),
        uuid=said.get("GPU UUID", ""),
        pci_path=device.path,
        numa_node=device.numa_node,
    )
