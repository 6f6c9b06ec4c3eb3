# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Number formats of the matrix units, and the rates that many GPU models share."""

from __future__ import annotations

BFLOAT16 = "bfloat16"
FP8 = "fp8"
INT8 = "int8"
FP4 = "fp4"

# One direction of 16 lanes: 16 GT/s (PCI Express 4) and 32 GT/s (5), as the data sheets round it.
PCIE_4 = 32e9
PCIE_5 = 64e9
