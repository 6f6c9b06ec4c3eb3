"""A host's file systems: an overlay over the base tree, and one of its own for /var.

/var lies on a plain file system, as on a server with a partition for it: overlayfs cannot hold
containerd's snapshots. With a disk size it is a file of that size, so that it really fills up.
"""

from __future__ import annotations

import shutil
import uuid
from ipaddress import IPv4Address
from pathlib import Path

from lab.hosts import mounts, network
from lab.hosts.commands import run
from lab.hosts.definition import Host, Lab
from lab.hosts.errors import LabError
from lab.hosts.machine import AptSettings
from lab.hosts.paths import HostPaths

SOURCES = "etc/apt/sources.list.d/debian.sources"
APT_OPTIONS = "etc/apt/apt.conf.d/90lab"
ROUTE = "etc/systemd/network/10-lab.network.d/online.conf"
RESOLVER = "etc/resolv.conf"
SLIRP_RESOLVER = IPv4Address("10.0.2.3")  # where slirp4netns answers DNS, slirp4netns(1)


def prepare(lab: Lab, host: Host, paths: HostPaths, base: Path, authorized_key: str) -> None:
    """Mount the host's root at ``paths.tree`` and write what only this host has; repeatable.

    A host that was set up before keeps its files. Raises LabError.
    """
    for directory in (paths.tree, paths.upper, paths.work, paths.var):
        directory.mkdir(parents=True, exist_ok=True)
    _mount_disk(host, paths)
    _mount_root(str(lab.handle(host)), paths, base)
    _fill_var(paths)
    _write_identity(lab, host, paths.tree, authorized_key)


def host_key(paths: HostPaths) -> str:
    """Return the host's public ssh key as ``type base64``."""
    text = (paths.tree / "etc/ssh/ssh_host_ed25519_key.pub").read_text(encoding="utf-8")
    return " ".join(text.split()[:2])


def set_offline(tree: Path) -> None:
    """Take what ``set_online`` gave; leave an empty resolver configuration of the host's own."""
    for path in (SOURCES, APT_OPTIONS, ROUTE):
        (tree / path).unlink(missing_ok=True)
    _replace(tree / RESOLVER, "# No name server: this lab has no route to one.\n")


def set_online(lab: Lab, suite: str, tree: Path, apt: AptSettings) -> None:
    """Give the host a default route, a resolver and Debian's repository."""
    (tree / ROUTE).parent.mkdir(exist_ok=True)
    (tree / ROUTE).write_text(f"[Network]\nGateway={lab.gateway_address}\n")
    _replace(tree / RESOLVER, f"nameserver {SLIRP_RESOLVER}\n")
    (tree / SOURCES).write_text(
        f"Types: deb\nURIs: {apt.mirror}\nSuites: {suite}\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )
    (tree / APT_OPTIONS).write_text("".join(f"{line}\n" for line in apt.options))


def _mount_disk(host: Host, paths: HostPaths) -> None:
    if not host.disk or mounts.is_mount(paths.var):
        return
    if not paths.disk.exists():
        making = paths.disk.with_suffix(".making")
        with making.open("wb") as file:
            file.truncate(host.disk * 1024**3)
        run(["mkfs.ext4", "-q", "-m", "0", "-E", "nodiscard", str(making)])
        making.rename(paths.disk)
    run(["mount", "-o", "loop", str(paths.disk), str(paths.var)])


def _mount_root(source: str, paths: HostPaths, base: Path) -> None:
    if mounts.is_mount(paths.tree):
        return
    if mounts.type_of(paths.upper) == "overlay":
        raise LabError(
            f"{paths.upper} lies on an overlay, which cannot hold another one's upper layer; "
            "let BAREMETAL_SGLANG_CACHE name a directory on a plain file system"
        )
    options = f"lowerdir={base},upperdir={paths.upper},workdir={paths.work}"
    run(["mount", "-t", "overlay", source, "-o", options, str(paths.tree)])


def _fill_var(paths: HostPaths) -> None:
    """Copy the base's /var once; a copy that was killed is made anew."""
    filled = paths.root / "var.filled"
    if filled.exists():
        return
    for old in paths.var.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()
    run(["cp", "--archive", "--reflink=auto", f"{paths.tree}/var/.", str(paths.var)])
    filled.touch()


def _write_identity(lab: Lab, host: Host, tree: Path, authorized_key: str) -> None:
    (tree / "etc/hostname").write_text(f"{host.name}\n")
    (tree / "etc/hosts").write_text(
        "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
        f"{host.address} {host.name}\n"
    )
    (tree / "etc/systemd/network/10-lab.network").write_text(
        f"[Match]\nName={network.INTERFACE}\n\n[Network]\n"
        f"Address={host.address}/{lab.network.prefixlen}\n"
    )
    machine_id = tree / "etc/machine-id"
    if not machine_id.read_text().strip():
        machine_id.write_text(f"{uuid.uuid4().hex}\n")
    ssh = tree / "root/.ssh"
    ssh.mkdir(mode=0o700, exist_ok=True)
    (ssh / "authorized_keys").write_text(f"{authorized_key}\n")
    _make_host_key(host, tree / "etc/ssh/ssh_host_ed25519_key")


def _make_host_key(host: Host, private: Path) -> None:
    public = private.with_suffix(".pub")
    if private.exists() and public.exists():
        return
    private.unlink(missing_ok=True)
    comment = f"root@{host.name}"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(private)])


def _replace(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # a link would lead into the machine
    path.write_text(text)
