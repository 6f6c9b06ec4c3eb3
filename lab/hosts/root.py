"""What only one host has: the upper layer over its base tree, written while the host is off."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath

from lab.hosts import mounts, network
from lab.hosts.commands import run
from lab.hosts.definition import Host, Lab
from lab.hosts.errors import LabError
from lab.hosts.machine import AptSettings
from lab.hosts.paths import HostPaths

HOST_KEY = "etc/ssh/ssh_host_ed25519_key"
SOURCES = "etc/apt/sources.list.d/debian.sources"
APT_OPTIONS = "etc/apt/apt.conf.d/90lab"
ROUTE = "etc/systemd/network/10-lab.network.d/online.conf"
RESOLVER = "etc/resolv.conf"
SLIRP_RESOLVER = IPv4Address("10.0.2.3")  # where slirp4netns answers DNS, slirp4netns(1)


@dataclass(frozen=True)
class Layer:
    """The host's upper layer over ``base``. Directories made in it keep the base's modes."""

    upper: Path
    base: Path

    def path(self, name: str) -> Path:
        """Return where ``name`` lies in the layer, its directories made.

        Raises LabError when a link in the host's files stands in the way.
        """
        target = self.upper
        for part in PurePosixPath(name).parent.parts:
            target /= part
            if target.is_symlink():
                raise LabError(f"{target} is a link, which would lead out of the host; remove it")
            if not target.is_dir():
                target.mkdir()
                below = self.base / target.relative_to(self.upper)
                if below.is_dir():
                    shutil.copystat(below, target)
        return self.upper / name

    def write(self, name: str, text: str) -> None:
        """Write the file ``name``, in place of whatever is there."""
        path = self.path(name)
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")

    def drop(self, name: str) -> None:
        """Remove ``name`` from the layer, if it is there."""
        (self.upper / name).unlink(missing_ok=True)


def prepare(lab: Lab, host: Host, paths: HostPaths, base: Path, authorized_key: str) -> Layer:
    """Make the host's directories and disk and write its identity; return its layer. Repeatable.

    A host that was set up before keeps its files. Raises LabError.
    """
    if set(str(paths.root)) & set(",:\\"):
        raise LabError(f"{paths.root}: an overlay's options cannot spell a path with , : or \\")
    for directory in (paths.tree, paths.upper, paths.work, paths.var):
        directory.mkdir(parents=True, exist_ok=True)
    if mounts.type_of(paths.upper) == "overlay":
        raise LabError(
            f"{paths.upper} lies on an overlay, which cannot hold another one's upper layer; "
            "let BAREMETAL_SGLANG_CACHE name a directory on a plain file system"
        )
    if host.disk:
        _make_disk(paths.disk, host.disk)
    layer = Layer(paths.upper, base)
    _write_identity(lab, host, layer, authorized_key)
    return layer


def host_key(paths: HostPaths) -> str:
    """Return the host's public ssh key as ``type base64``."""
    text = (paths.upper / f"{HOST_KEY}.pub").read_text(encoding="utf-8")
    return " ".join(text.split()[:2])


def set_offline(layer: Layer) -> None:
    """Take what ``set_online`` gave; leave an empty resolver configuration of the host's own."""
    for name in (SOURCES, APT_OPTIONS, ROUTE):
        layer.drop(name)
    layer.write(RESOLVER, "# No name server: this lab has no route to one.\n")


def set_online(lab: Lab, suite: str, layer: Layer, apt: AptSettings) -> None:
    """Give the host a default route, a resolver and Debian's repository."""
    layer.write(ROUTE, f"[Network]\nGateway={lab.gateway_address}\n")
    layer.write(RESOLVER, f"nameserver {SLIRP_RESOLVER}\n")
    layer.write(
        SOURCES,
        f"Types: deb\nURIs: {apt.mirror}\nSuites: {suite}\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
    )
    layer.write(APT_OPTIONS, "".join(f"{line}\n" for line in apt.options))


def _make_disk(file: Path, gib: int) -> None:
    if file.exists():
        return
    making = file.with_suffix(".making")
    with making.open("wb") as image:
        image.truncate(gib * 1024**3)
    run(["mkfs.ext4", "-q", "-m", "0", "-E", "nodiscard", str(making)])
    making.rename(file)


def _write_identity(lab: Lab, host: Host, layer: Layer, authorized_key: str) -> None:
    layer.write("etc/hostname", f"{host.name}\n")
    layer.write(
        "etc/hosts",
        "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
        f"{host.address} {host.name}\n",
    )
    layer.write(
        "etc/systemd/network/10-lab.network",
        f"[Match]\nName={network.INTERFACE}\n\n[Network]\n"
        f"Address={host.address}/{lab.network.prefixlen}\n",
    )
    machine_id = layer.path("etc/machine-id")
    if not (machine_id.exists() and machine_id.read_text().strip()):
        layer.write("etc/machine-id", f"{uuid.uuid4().hex}\n")
    layer.write("root/.ssh/authorized_keys", f"{authorized_key}\n")
    layer.path("root/.ssh/authorized_keys").parent.chmod(0o700)
    _make_host_key(host, layer.path(HOST_KEY))


def _make_host_key(host: Host, private: Path) -> None:
    if private.exists() and private.with_suffix(".pub").exists():
        return
    private.unlink(missing_ok=True)
    comment = f"root@{host.name}"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(private)])
