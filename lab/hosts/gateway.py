"""The way out for a lab that is online: a network namespace with user-mode NAT, for making things.

The machine's own forwarding, firewall and routes stay as they are: everything happens in the
namespace, whose processes are found by the handle ``bml.<lab>.gateway``.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from lab.hosts import cgroups, names, network, traces
from lab.hosts.commands import run
from lab.hosts.definition import Lab
from lab.hosts.errors import LabError
from lab.hosts.names import Handle

PROGRAM = "slirp4netns"  # started last: where it runs, the gateway is whole
TAP = "tap0"
TAP_SECONDS = 10.0
MASQUERADE = f"""table ip lab {{
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname "{TAP}" masquerade
  }}
}}
"""


def handle_of(lab: Lab) -> Handle:
    return Handle(lab.name, names.GATEWAY)


def is_up(lab: Lab) -> bool:
    """Return whether the lab's gateway is whole."""
    groups = cgroups.find(cgroups.hierarchies()).get(handle_of(lab), ())
    return any(PROGRAM in traces.arguments(pid) for pid in cgroups.processes(groups))


def start(lab: Lab) -> None:
    """Start the gateway at the network's first address, in place of a half-made one.

    Raises LabError.
    """
    handle = handle_of(lab)
    traces.stop(handle)
    groups = cgroups.create(cgroups.hierarchies(), handle, 0)
    leaves = [cgroups.leaf(group, cgroups.LAUNCHER) for group in groups]
    pid = _namespace(leaves)
    network.plug(handle, pid)
    inside = ["nsenter", "--target", str(pid), "--net"]
    run(
        [*inside, "ip", "-batch", "-"],
        stdin=f"link set lo up\nlink set {network.INTERFACE} up\n"
        f"address add {lab.gateway_address}/{lab.network.prefixlen} dev {network.INTERFACE}\n",
    )
    run([*inside, "sysctl", "--quiet", "--write", "net.ipv4.ip_forward=1"])
    run([*inside, "nft", "--file", "-"], stdin=MASQUERADE)
    slirp = [PROGRAM, "--configure", "--mtu=65520", "--disable-host-loopback", str(pid), TAP]
    _detach(cgroups.enter_argv(leaves, slirp), subprocess.DEVNULL)
    _wait_for_tap(inside)


def _namespace(leaves: list[Path]) -> int:
    holder = ["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"]
    process = _detach(cgroups.enter_argv(leaves, holder), subprocess.PIPE)
    if process.stdout is None or not process.stdout.readline():
        raise LabError("no network namespace could be made; is CAP_SYS_ADMIN missing?")
    process.stdout.close()
    return process.pid


def _detach(argv: list[str], stdout: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait_for_tap(inside: list[str]) -> None:
    deadline = time.monotonic() + TAP_SECONDS
    while TAP not in run([*inside, "ip", "-brief", "link"]):
        if time.monotonic() > deadline:
            raise LabError(f"slirp4netns made no {TAP} within {TAP_SECONDS:.0f} s")
        time.sleep(0.1)
