# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GPU facts from NVML: the only place that imports pynvml (package nvidia-ml-py)."""

from __future__ import annotations

from typing import Any, Callable

try:
    import pynvml  # type: ignore[import-not-found]  # used where it is, never required
except ImportError:
    pynvml = None

from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.pci import pci_address
from ansible_collections.baremetal.sglang.plugins.module_utils.deviceprobe.reading import (
    Reading,
    SourceError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.devices import (
    DISABLED,
    ENABLED,
    UNSUPPORTED,
    Ecc,
    Gpu,
    Mig,
    NvLink,
    NvLinkPeer,
)

SOURCE = "nvml"
BYTES_PER_MIB = 1024 * 1024
# nvml.h, enum nvmlReturn_t: NVML_ERROR_GPU_IS_LOST. A GPU that has fallen off the bus can also
# answer NVML_ERROR_UNKNOWN, which counts as lost only where every GPU must have an answer.
GPU_IS_LOST = 15
UNKNOWN_ERROR = 999
MAX_LINKS = 18  # nvml.h up to driver 550; later ones say it themselves


class GpuLostError(Exception):
    """The driver knows the GPU, but it does not answer."""


def library() -> Any:
    """The pynvml module, or None where it is not installed."""
    return pynvml


def read(nvml: Any) -> Reading:
    """The GPUs that C(nvml), the pynvml module or None, sees.

    Raises SourceError where there is no pynvml or NVML does not start.
    """
    if nvml is None:
        raise SourceError("nvml: Python package nvidia-ml-py (pynvml) is not installed")
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        raise SourceError(f"nvml: {error}") from error
    try:
        return _reading(nvml)
    except nvml.NVMLError as error:
        raise SourceError(f"nvml: {error}") from error
    finally:
        nvml.nvmlShutdown()


def _reading(nvml: Any) -> Reading:
    gpus, lost = [], []
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            gpus.append(_gpu(nvml, index))
        except GpuLostError:
            lost.append(index)
    return Reading(
        source=SOURCE,
        driver=_text(nvml.nvmlSystemGetDriverVersion()),
        cuda=_cuda(nvml.nvmlSystemGetCudaDriverVersion()),
        gpus=tuple(gpus),
        lost=tuple(lost),
    )


def _gpu(nvml: Any, index: int) -> Gpu:
    ask = _Question(nvml)
    handle = ask.vital(nvml.nvmlDeviceGetHandleByIndex, index)
    bus_id = ask.vital(nvml.nvmlDeviceGetPciInfo, handle).busId
    memory = ask(nvml.nvmlDeviceGetMemoryInfo, handle)
    capability = ask(nvml.nvmlDeviceGetCudaComputeCapability, handle)
    return Gpu(
        index=index,
        pci_address=pci_address(_text(bus_id)),
        name=_text(ask(nvml.nvmlDeviceGetName, handle)),
        uuid=_text(ask(nvml.nvmlDeviceGetUUID, handle)),
        memory_mib=memory.total // BYTES_PER_MIB if memory else 0,
        compute_capability="{}.{}".format(*capability) if capability else "",
        nvlink=_nvlink(nvml, ask, handle),
        mig=_mig(nvml, ask, handle),
        ecc=_ecc(nvml, ask, handle),
    )


class _Question:
    """Ask NVML: None for what this GPU does not support, GpuLostError for one that is gone."""

    def __init__(self, nvml: Any) -> None:
        self._error = nvml.NVMLError

    def __call__(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except self._error as error:
            if error.value == GPU_IS_LOST:
                raise GpuLostError from error
            return None

    def vital(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Ask what every working GPU answers; GpuLostError also for NVML's unknown error."""
        try:
            return call(*arguments)
        except self._error as error:
            if error.value in (GPU_IS_LOST, UNKNOWN_ERROR):
                raise GpuLostError from error
            raise


def _nvlink(nvml: Any, ask: _Question, handle: Any) -> NvLink:
    links, switch = 0, False
    peers: dict[str, int] = {}
    for link in range(getattr(nvml, "NVML_NVLINK_MAX_LINKS", MAX_LINKS)):
        if ask(nvml.nvmlDeviceGetNvLinkState, handle, link) != nvml.NVML_FEATURE_ENABLED:
            continue
        links += 1
        end = ask(nvml.nvmlDeviceGetNvLinkRemoteDeviceType, handle, link)
        switch = switch or end == nvml.NVML_NVLINK_DEVICE_TYPE_SWITCH
        if end == nvml.NVML_NVLINK_DEVICE_TYPE_GPU:
            peer = ask(nvml.nvmlDeviceGetNvLinkRemotePciInfo, handle, link)
            address = pci_address(_text(peer.busId)) if peer else ""
            peers[address] = peers.get(address, 0) + 1
    named = (NvLinkPeer(address, count) for address, count in sorted(peers.items()) if address)
    return NvLink(known=True, links=links, switch=switch, peers=tuple(named))


def _mig(nvml: Any, ask: _Question, handle: Any) -> Mig:
    modes = ask(nvml.nvmlDeviceGetMigMode, handle)
    if modes is None:
        return Mig(UNSUPPORTED)
    if modes[0] != nvml.NVML_FEATURE_ENABLED:
        return Mig(DISABLED)
    slots = range(ask(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0)
    made = [ask(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, slot) for slot in slots]
    return Mig(ENABLED, sum(device is not None for device in made))


def _ecc(nvml: Any, ask: _Question, handle: Any) -> Ecc:
    modes = ask(nvml.nvmlDeviceGetEccMode, handle)
    if modes is None:
        return Ecc(UNSUPPORTED)
    if modes[0] != nvml.NVML_FEATURE_ENABLED:
        return Ecc(DISABLED)
    kinds = (nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED, nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED)
    counters = (nvml.NVML_VOLATILE_ECC, nvml.NVML_AGGREGATE_ECC)
    counts = [
        ask(nvml.nvmlDeviceGetTotalEccErrors, handle, kind, counter) or 0
        for counter in counters
        for kind in kinds
    ]
    return Ecc(ENABLED, *counts)


def _cuda(version: int) -> str:
    """13000 to "13.0": NVML counts major versions in thousands and minor ones in tens."""
    return f"{version // 1000}.{version % 1000 // 10}"


def _text(value: Any) -> str:
    """pynvml before version 11.5 answers in bytes."""
    return value.decode() if isinstance(value, bytes) else str(value or "")
