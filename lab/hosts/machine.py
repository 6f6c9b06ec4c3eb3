"""Facts of this machine that decide how hosts are made; read here, used as values elsewhere."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.hosts.commands import run
from lab.hosts.errors import LabError

MIRROR_VARIABLE = "BAREMETAL_SGLANG_DEBIAN_MIRROR"
LOCAL_CERTIFICATES = Path("/usr/local/share/ca-certificates")
# Kernel options whose code a Kubernetes host asks for by `modprobe`, with the module's path.
MODULE_OF_OPTION = {
    "CONFIG_BLK_DEV_LOOP": "kernel/drivers/block/loop.ko",
    "CONFIG_BRIDGE": "kernel/net/bridge/bridge.ko",
    "CONFIG_BRIDGE_NETFILTER": "kernel/net/bridge/br_netfilter.ko",
    "CONFIG_IP_VS": "kernel/net/netfilter/ipvs/ip_vs.ko",
    "CONFIG_NETFILTER_XT_MATCH_CONNTRACK": "kernel/net/netfilter/xt_conntrack.ko",
    "CONFIG_NF_CONNTRACK": "kernel/net/netfilter/nf_conntrack.ko",
    "CONFIG_NF_TABLES": "kernel/net/netfilter/nf_tables.ko",
    "CONFIG_OVERLAY_FS": "kernel/fs/overlayfs/overlay.ko",
    "CONFIG_TUN": "kernel/drivers/net/tun.ko",
    "CONFIG_VETH": "kernel/drivers/net/veth.ko",
    "CONFIG_VXLAN": "kernel/drivers/net/vxlan/vxlan.ko",
}
INOTIFY_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
# Counted on three hosts: 8 each after boot; 71 together once they were a cluster that serves.
INOTIFY_PER_BARE_HOST = 8
INOTIFY_PER_CLUSTER_HOST = 24
_APT_SETTING = re.compile(r'^(Acquire::(?:https?|Check-Valid-Until|Retries)\S*) "(.+)";$')


@dataclass(frozen=True)
class Kernel:
    """The running kernel: its release and, where no module tree exists, what is built in."""

    release: str
    module_tree: bool
    builtin: tuple[str, ...]


@dataclass(frozen=True)
class Inotify:
    """inotify instances of this user, root: what the kernel allows, and how many are open.

    systemd, containerd and kubelet take theirs from this one number, in every host of every lab.
    """

    limit: int
    used: int

    def shortage(self, hosts: int, per_host: int) -> str:
        """Say what is missing for so many more hosts, or nothing where they have room."""
        needed, free = hosts * per_host, self.limit - self.used
        if needed <= free:
            return ""
        return (
            f"{free} of {self.limit} inotify instances are free, {hosts} hosts take {needed}; take "
            f"another lab down, or raise the limit: sysctl -w fs.inotify.max_user_instances="
            f"{self.used + needed}"
        )


@dataclass(frozen=True)
class AptSettings:
    """The machine's way to Debian's packages: a mirror and, in apt's syntax, transport settings."""

    mirror: str
    options: tuple[str, ...]


def kernel() -> Kernel:
    """Return the kernel's facts; built-in code is listed only where no module tree tells it."""
    release = os.uname().release
    if Path("/lib/modules", release, "modules.dep").exists():
        return Kernel(release, True, ())
    config = Path("/proc/config.gz")
    lines = gzip.decompress(config.read_bytes()).decode().splitlines() if config.exists() else []
    return Kernel(release, False, builtin_modules(lines))


def builtin_modules(config: Iterable[str]) -> tuple[str, ...]:
    """Return the paths of those modules of MODULE_OF_OPTION that ``config`` builds in, sorted."""
    built_in = {line.removesuffix("=y") for line in config if line.endswith("=y")}
    return tuple(sorted(path for option, path in MODULE_OF_OPTION.items() if option in built_in))


def inotify(proc: Path = Path("/proc")) -> Inotify:
    """Count the inotify instances that this user's processes hold.

    A process that ends while it is looked at counts for nothing.
    """
    used = 0
    for process in proc.glob("[0-9]*"):
        try:
            if process.stat().st_uid == os.geteuid():
                used += sum(
                    str(link.readlink()) == "anon_inode:inotify"
                    for link in (process / "fd").iterdir()
                )
        except OSError:
            continue
    return Inotify(int((proc / INOTIFY_LIMIT.relative_to("/proc")).read_text()), used)


def apt_settings() -> AptSettings:
    """Read mirror and transport settings from the machine's apt.

    Raises LabError when no Debian mirror is configured and MIRROR_VARIABLE names none.
    """
    targets = run(["apt-get", "indextargets", "--format", "$(CREATED_BY)|$(COMPONENT)|$(REPO_URI)"])
    mirror = os.environ.get(MIRROR_VARIABLE) or debian_mirror(targets.splitlines())
    if not mirror:
        raise LabError(
            "this machine's apt sources name no Debian mirror (looked for a repository whose "
            f"address ends in /debian); set {MIRROR_VARIABLE} to the address of one"
        )
    return AptSettings(mirror, transport_options(run(["apt-config", "dump"]).splitlines()))


def certificates() -> tuple[Path, ...]:
    """Return the certificates that this machine trusts beyond its distribution's."""
    return tuple(sorted(LOCAL_CERTIFICATES.glob("*.crt")))


def debian_mirror(targets: Iterable[str]) -> str:
    """Return the first repository of ``created-by|component|address`` lines that is Debian's own

    archive, or an empty string.
    """
    for line in targets:
        created_by, component, address = line.split("|", 2)
        if (
            created_by == "Packages"
            and component == "main"
            and address.rstrip("/").endswith("/debian")
        ):
            return address
    return ""


def transport_options(dump: Iterable[str]) -> tuple[str, ...]:
    """Return the lines of ``apt-config dump`` that say how packages are fetched."""
    return tuple(line for line in dump if _APT_SETTING.fullmatch(line))


def devices() -> tuple[str, ...]:
    """Return those device nodes that containers in a host use and this machine has."""
    return tuple(node for node in ("/dev/kmsg", "/dev/fuse") if Path(node).exists())
