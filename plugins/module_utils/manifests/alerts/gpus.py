# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts on GPUs, from metrics that dcgm-exporter has by default (etc/default-counters.csv)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.rule import (
    CRITICAL,
    WARNING,
    Rule,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.watched import (
    Watched,
)

HARDWARE_XIDS: Mapping[int, str] = {
    48: "double-bit ECC error",
    64: "rows could not be remapped",
    74: "NVLink error",
    79: "the GPU has fallen off the bus",
    94: "contained ECC error",
    95: "uncontained ECC error",
    119: "timeout of the GSP",
    120: "error of the GSP",
}
"""XIDs that a program cannot cause (docs.nvidia.com/deploy/xid-errors); others are the engine's."""


def gpu_rules(watched: Watched) -> Iterator[Rule]:
    """Faults of hardware; nothing where ranks have no GPUs."""
    if watched.gpus:
        yield _xid()
        yield _gone()
        yield _remap_failed()
        yield _rows_remapped()


def _xid() -> Rule:
    any_of_them = " or ".join(f"DCGM_FI_DEV_XID_ERRORS == {xid}" for xid in HARDWARE_XIDS)
    meanings = ", ".join(f"{xid} {meaning}" for xid, meaning in HARDWARE_XIDS.items())
    return Rule(
        name="SGLangXid",
        severity=CRITICAL,
        expression=any_of_them,
        seconds=0,
        summary="{{ $labels.instance }}: GPU {{ $labels.gpu }} reported XID {{ $value }}",
        impact=f"The GPU or its link is faulty, and with it its group: {meanings}.",
        steps=(
            "dmesg | grep -i xid on the host has the time and the details.",
            "Cordon the node, so that the group starts elsewhere.",
            "Reset the GPU or reboot the host; a fault that comes back is for the vendor. Until"
            " then the metric keeps the last XID.",
        ),
    )


def _gone() -> Rule:
    metric = "DCGM_FI_DEV_GPU_TEMP"
    known = f"count by (instance) (count by (instance, UUID) (last_over_time({metric}[1h])))"
    seen = f"count by (instance) (count by (instance, UUID) ({metric}))"
    return Rule(
        name="SGLangGpuGone",
        severity=CRITICAL,
        expression=f"{known} - {seen} > 0",
        seconds=60,
        summary="{{ $labels.instance }}: {{ $value }} GPUs are gone",
        impact="The exporter saw them within the last hour. Their group does not start here again.",
        steps=(
            "nvidia-smi and dmesg | grep -i -e xid -e nvrm on the host.",
            "Cordon the node and reboot it; lspci says whether the GPU is on the bus.",
        ),
    )


def _remap_failed() -> Rule:
    return Rule(
        name="SGLangRowRemapFailed",
        severity=CRITICAL,
        expression="DCGM_FI_DEV_ROW_REMAP_FAILURE > 0",
        seconds=0,
        summary="{{ $labels.instance }}: GPU {{ $labels.gpu }} has no spare rows left",
        impact="The next error in these rows ends the engine: the GPU has to be replaced.",
        steps=(
            "nvidia-smi -q -d ROW_REMAPPER on the host.",
            "Cordon the node, so that the group starts elsewhere, and call the vendor.",
        ),
    )


def _rows_remapped() -> Rule:
    return Rule(
        name="SGLangRowsRemapped",
        severity=WARNING,
        expression="increase(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS[1d]) > 0",
        seconds=0,
        summary="{{ $labels.instance }}: GPU {{ $labels.gpu }} replaced rows of its memory",
        impact="An uncorrectable error ended what ran there; a reset puts the new rows to use.",
        steps=(
            "nvidia-smi -q -d ROW_REMAPPER on the host: is a remapping pending?",
            "Reset the GPU, or reboot the host, when the group may stop.",
        ),
    )
