# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GPU facts from nvidia-smi: C(-q -x), and two more calls for what that does not say."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

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

SOURCE = "nvidia-smi"
TIMEOUT_SECONDS = 120  # without persistence mode each call starts every GPU anew
QUERY_COLUMNS = "index,pci.bus_id,compute_cap"
MODES = {"Enabled": ENABLED, "Disabled": DISABLED}
# What nvidia-smi writes into every field of a GPU that has fallen off the bus.
LOST_TEXTS = frozenset({"GPU is lost", "Unknown Error"})
TERMINAL_STYLE = re.compile(r"\x1b\[[0-9;]*m")
NVLINK_WORD = re.compile(r"NV(\d+)")

# Arguments of nvidia-smi to its standard output; raises SourceError.
Run = Callable[[Sequence[str]], str]


def run(arguments: Sequence[str]) -> str:
    """What nvidia-smi prints; raises SourceError when it is missing, hangs, or prints nothing."""
    program = shutil.which("nvidia-smi")
    if program is None:
        raise SourceError("nvidia-smi: not found")
    try:
        done = subprocess.run(
            [program, *arguments],
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"nvidia-smi: {error}") from error
    if not done.stdout.strip():
        raise SourceError(f"nvidia-smi: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


@dataclass(frozen=True)
class _Row:
    index: int
    compute_capability: str


def read(ask: Run, *, nvswitches: int) -> Reading:
    """The GPUs that nvidia-smi sees; C(nvswitches) is the number that the PCI bus shows.

    Raises SourceError where it prints no XML. What the two further calls do not say stays empty:
    older drivers know no C(compute_cap), a virtual GPU no topology.
    """
    log = _log(ask(["-q", "-x"]))
    entries = list(log.iter("gpu"))
    rows = _rows(_optional(ask, [f"--query-gpu={QUERY_COLUMNS}", "--format=csv"]))
    words = topology(_optional(ask, ["topo", "-m"]))
    order = {
        address: rows[address].index if address in rows else at
        for at, address in enumerate(_address(entry) for entry in entries)
    }
    addresses = {index: address for address, index in order.items()}
    gpus, lost = [], []
    for entry in entries:
        address = _address(entry)
        if _is_lost(entry):
            lost.append(order[address])
            continue
        fabric = nvswitches > 0 or _text(entry, "fabric/state") == "Completed"
        row = _Row(order[address], rows[address].compute_capability if address in rows else "")
        gpus.append(_gpu(entry, row, _nvlink(words, row.index, addresses, fabric)))
    return Reading(
        source=SOURCE,
        driver=_text(log, "driver_version"),
        cuda=_text(log, "cuda_version"),
        gpus=tuple(sorted(gpus, key=lambda gpu: gpu.index)),
        lost=tuple(sorted(lost)),
    )


def topology(text: str) -> dict[str, dict[str, str]]:
    """The matrix of C(nvidia-smi topo -m): device, other device, word between them."""
    lines = [TERMINAL_STYLE.sub("", line) for line in text.splitlines()]
    rows = [[cell.strip() for cell in line.split("\t")] for line in lines]
    # Lines about devices that do not answer may stand before the heading.
    names = next((row[1:] for row in rows if row[0] == "" and len(row) > 1), [])
    matrix = {row[0]: dict(zip(names, row[1:])) for row in rows if row[0] in names}
    return {
        name: {other: row[other].replace(" ", "") for other in matrix if other in row}
        for name, row in matrix.items()
    }


def _log(text: str) -> ET.Element:
    """The XML; lines about devices that do not answer may stand before it."""
    message, declaration, rest = text.partition("<?xml")
    try:
        return ET.fromstring(declaration + rest)  # noqa: S314  printed by the driver's own program
    except ET.ParseError as error:
        said = message.strip().replace("\n", "; ") or str(error)
        raise SourceError(f"nvidia-smi: {said}") from error


def _optional(ask: Run, arguments: Sequence[str]) -> str:
    try:
        return ask(arguments)
    except SourceError:
        return ""


def _rows(text: str) -> dict[str, _Row]:
    """PCI address to what C(--query-gpu) says of it; lines that are no rows are left out."""
    _header, separator, body = text.partition("index, ")
    rows = csv.DictReader(io.StringIO(separator + body), skipinitialspace=True)
    return {
        pci_address(row["pci.bus_id"]): _Row(int(row["index"]), row["compute_cap"])
        for row in rows
        if str(row.get("index")).isdigit() and row.get("compute_cap")
    }


def _gpu(entry: ET.Element, row: _Row, nvlink: NvLink) -> Gpu:
    return Gpu(
        index=row.index,
        pci_address=_address(entry),
        name=_text(entry, "product_name"),
        uuid=_text(entry, "uuid"),
        memory_mib=_count(_text(entry, "fb_memory_usage/total")),
        compute_capability=row.compute_capability,
        nvlink=nvlink,
        mig=_mig(entry),
        ecc=_ecc(entry),
    )


def _nvlink(
    words: Mapping[str, Mapping[str, str]], index: int, addresses: Mapping[int, str], fabric: bool
) -> NvLink:
    """NVLinks as the matrix shows them: behind a switch all links lead to each of the peers."""
    row = words.get(f"GPU{index}")
    if row is None:
        return NvLink()
    matches = {peer: NVLINK_WORD.fullmatch(row.get(f"GPU{peer}", "")) for peer in addresses}
    peers = [
        NvLinkPeer(addresses[peer], int(match.group(1)))
        for peer, match in sorted(matches.items())
        if match
    ]
    counts = [peer.links for peer in peers]
    switch = fabric and bool(counts)
    links = max(counts) if switch else sum(counts)
    return NvLink(known=True, links=links, switch=switch, peers=tuple(peers))


def _mig(entry: ET.Element) -> Mig:
    mode = MODES.get(_text(entry, "mig_mode/current_mig"), UNSUPPORTED)
    return Mig(mode, len(entry.findall("mig_devices/mig_device")))


def _ecc(entry: ET.Element) -> Ecc:
    mode = MODES.get(_text(entry, "ecc_mode/current_ecc"), UNSUPPORTED)
    counts = [
        sum(
            _count(error.text or "")
            for error in entry.iterfind(f"ecc_errors/{counter}/*")
            if kind in error.tag.split("_")
        )
        for counter in ("volatile", "aggregate")
        for kind in ("correctable", "uncorrectable")
    ]
    return Ecc(mode, *counts)


def _is_lost(entry: ET.Element) -> bool:
    return any(_text(entry, name) in LOST_TEXTS for name in ("product_name", "uuid"))


def _address(entry: ET.Element) -> str:
    return pci_address(entry.get("id", ""))


def _text(entry: ET.Element, path: str) -> str:
    return (entry.findtext(path) or "").strip()


def _count(text: str) -> int:
    """ "81559 MiB" to 81559; 0 for "N/A"."""
    number = text.partition(" ")[0]
    return int(number) if number.isdigit() else 0
