# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts on hosts, from the node exporter: weights, clock, InfiniBand.

They concern all hosts that the Prometheus scrapes: nothing in these series says which are ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.rule import (
    CRITICAL,
    WARNING,
    Rule,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.watched import (
    Watched,
)

UNSYNCHRONISED = 16
"""Seconds: the kernel's NTP_PHASE_LIMIT, the error it gives when nobody keeps the clock."""

ACTIVE = 4
"""A port's state in /sys/class/infiniband/*/ports/*/state that carries data."""


def node_rules(watched: Watched) -> Iterator[Rule]:
    """Files of the weights, the clock, and the links where ranks use RDMA."""
    yield _wrong_files()
    yield _files_changed()
    yield _scrub_old(watched)
    yield _clock()
    if watched.rdma:
        yield _link_down()
        yield _link_slow()


def _wrong_files() -> Rule:
    return Rule(
        name="SGLangWeightsWrong",
        severity=CRITICAL,
        expression="baremetal_sglang_weights_scrub_wrong_files > 0",
        seconds=0,
        summary="{{ $labels.instance }}: {{ $value }} files of {{ $labels.model }} are wrong",
        impact=(
            "The scrub found bytes that are not those of the model and could not mend them. A rank"
            " that starts from them fails, or answers nonsense."
        ),
        steps=(
            "journalctl -u baremetal-sglang-weights-scrub-{{ $labels.model }} on the host names the"
            " files.",
            "Look at the disk: dmesg, smartctl or nvme smart-log.",
            "ansible-playbook baremetal.sglang.weights fetches the files again.",
        ),
    )


def _files_changed() -> Rule:
    return Rule(
        name="SGLangWeightsRepaired",
        severity=WARNING,
        expression="increase(baremetal_sglang_weights_scrub_found_total[1d]) > 0",
        seconds=0,
        summary="{{ $labels.instance }}: files of {{ $labels.model }} had changed on the disk",
        impact="They were mended, but a disk that changes bytes once does it again.",
        steps=(
            "journalctl -u baremetal-sglang-weights-scrub-{{ $labels.model }} on the host names the"
            " files.",
            "Look at the disk and at the memory: dmesg, smartctl or nvme smart-log, edac-util.",
        ),
    )


def _scrub_old(watched: Watched) -> Rule:
    """Until a first scrub has ended, the time when the files came counts."""
    labels = "on (instance, model, digest)"
    scrubbed = "baremetal_sglang_weights_scrub_last_success_timestamp_seconds > 0"
    came = "baremetal_sglang_weights_verified_timestamp_seconds"
    in_use = "baremetal_sglang_weights_linked == 1"
    return Rule(
        name="SGLangWeightsScrubOld",
        severity=WARNING,
        expression=(
            f"(time() - ({scrubbed} or {labels} {came})"
            f" > {watched.thresholds['scrub_age_seconds']}) and {labels} ({in_use})"
        ),
        seconds=3600,
        summary=(
            "{{ $labels.instance }}: {{ $labels.model }} was last read whole"
            " {{ $value | humanizeDuration }} ago"
        ),
        impact="Files that rot stay unseen until a rank starts from them.",
        steps=(
            "systemctl list-timers 'baremetal-sglang-weights-scrub-*' on the host.",
            "journalctl -u baremetal-sglang-weights-scrub-{{ $labels.model }}: did it end, and"
            " with what?",
            "A slow host with a large model: model_weights_scrub_bytes_per_second bounds it.",
        ),
    )


def _clock() -> Rule:
    return Rule(
        name="SGLangClockUnsynchronised",
        severity=WARNING,
        expression=(
            "min_over_time(node_timex_sync_status[5m]) == 0 and node_timex_maxerror_seconds"
            f" >= {UNSYNCHRONISED}"
        ),
        seconds=600,
        summary="{{ $labels.instance }}: nobody keeps the clock",
        impact=(
            "Certificates and tokens are refused once clocks differ, and logs of ranks cannot be"
            " compared."
        ),
        steps=(
            "timedatectl, and chronyc tracking where chrony keeps it.",
            "A virtual machine or container whose clock its host keeps says the same: silence it.",
        ),
    )


def _link_down() -> Rule:
    state = "node_infiniband_state_id"
    return Rule(
        name="SGLangInfiniBandDown",
        severity=CRITICAL,
        expression=f"{state} != {ACTIVE} and max_over_time({state}[1d]) == {ACTIVE}",
        seconds=60,
        summary="{{ $labels.instance }}: {{ $labels.device }} port {{ $labels.port }} is down",
        impact=(
            "The port was active within the last day. Groups over several hosts stop, or fall back"
            " to a slower network."
        ),
        steps=(
            "ibstat {{ $labels.device }} on the host; the switch's port; the cable.",
            "ansible-playbook baremetal.sglang.fabric_gate measures the links once it is up.",
        ),
    )


def _link_slow() -> Rule:
    rate = "node_infiniband_rate_bytes_per_second"
    return Rule(
        name="SGLangInfiniBandSlow",
        severity=WARNING,
        expression=f"{rate} < max_over_time({rate}[1d])",
        seconds=300,
        summary="{{ $labels.instance }}: {{ $labels.device }} runs at {{ $value | humanize }}B/s",
        impact="The link was faster within the last day, and the slowest sets the pace of a group.",
        steps=(
            "ibstatus {{ $labels.device }}: width and speed; a bad cable trains down.",
            "ansible-playbook baremetal.sglang.fabric_gate compares it with the others.",
        ),
    )
