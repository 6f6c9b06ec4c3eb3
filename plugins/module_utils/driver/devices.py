# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the PCI bus says of a GPU before any driver runs, and what its generation needs.

C(DEVICES): vendor 10de's device IDs for the models of planning's catalogue and for V100, typed by
hand. Their list is https://pci-ids.ucw.cz, with which they were not compared one by one; an ID that
is missing here is refused. NVML's names cannot be had: they come with the driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OPEN = "open"
PROPRIETARY = "proprietary"


@dataclass(frozen=True)
class Generation:
    """Which kernel modules drive a generation, C(modules), the one that C(auto) takes first.

    C(first_branch) and C(last_branch) are the driver branches that know it; 0 is no limit that
    another rule does not set already.
    """

    name: str
    modules: tuple[str, ...]
    first_branch: int = 0
    last_branch: int = 0


@dataclass(frozen=True)
class Model:
    """C(name) of a GPU as planning's catalogue has it.

    C(nvlink5) is true where the switches of a board need NVIDIA's subnet manager (nvlsm) beside
    the fabric manager, and are no PCI bridges.
    """

    name: str
    generation: Generation
    nvlink5: bool = False


# Modules: NVIDIA's driver installation guide, "Kernel Modules": open ones from Turing on, and the
# only ones from Blackwell on. First branches: the table of the Fabric Manager user guide. R580 is
# the last branch with Volta (its release notes).
VOLTA = Generation("Volta", (PROPRIETARY,), last_branch=580)
TURING = Generation("Turing", (OPEN, PROPRIETARY))
AMPERE = Generation("Ampere", (OPEN, PROPRIETARY), first_branch=450)
ADA = Generation("Ada", (OPEN, PROPRIETARY))
HOPPER = Generation("Hopper", (OPEN, PROPRIETARY), first_branch=525)
BLACKWELL = Generation("Blackwell", (OPEN,), first_branch=570)

_V100 = Model("v100", VOLTA)
_A100_40, _A100_80 = Model("a100-sxm-40gb", AMPERE), Model("a100-sxm-80gb", AMPERE)
DEVICES: Mapping[int, Model] = {
    **dict.fromkeys((0x1DB1, 0x1DB4, 0x1DB5, 0x1DB6, 0x1DB8, 0x1DF5, 0x1DF6), _V100),
    0x1EB8: Model("t4", TURING),
    0x20B0: _A100_40,
    0x20B1: Model("a100-pcie-40gb", AMPERE),
    0x20F1: Model("a100-pcie-40gb", AMPERE),
    0x20B2: _A100_80,
    0x20B5: Model("a100-pcie-80gb", AMPERE),
    0x20F3: Model("a800-sxm-80gb", AMPERE),
    0x20F5: Model("a800-pcie-80gb", AMPERE),
    0x26B1: Model("rtx-6000-ada-48gb", ADA),
    0x26B9: Model("l40s-48gb", ADA),
    0x27B8: Model("l4-24gb", ADA),
    0x2321: Model("h100-nvl-94gb", HOPPER),
    0x2322: Model("h800-pcie-80gb", HOPPER),
    0x2324: Model("h800-sxm-80gb", HOPPER),
    0x2329: Model("h20-96gb", HOPPER),
    0x2330: Model("h100-sxm-80gb", HOPPER),
    0x2331: Model("h100-pcie-80gb", HOPPER),
    0x2335: Model("h200-sxm-141gb", HOPPER),
    0x233B: Model("h200-nvl-141gb", HOPPER),
    0x2901: Model("b200-sxm-180gb", BLACKWELL, nvlink5=True),
    0x2941: Model("gb200-186gb", BLACKWELL, nvlink5=True),
    0x2BB5: Model("rtx-pro-6000-server-96gb", BLACKWELL),
}
