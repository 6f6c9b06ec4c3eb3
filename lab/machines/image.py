"""The disk that all machines begin with: Debian with a kernel and GRUB, built once and kept by key.

No loop device is used: the file system is made in place in the disk's file, and GRUB is written
into it as grub-bios-setup would.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import time
from pathlib import Path

from lab.bundle import catalogue
from lab.hosts import base, machine
from lab.hosts.commands import Say, require, run
from lab.hosts.locks import exclusive
from lab.machines.paths import ImagePaths, MachineCache

SUITE = "trixie"
GUEST_FILES = Path(__file__).resolve().parent / "guest"
# What a host with a kernel of its own has beyond a lab host's base tree; the last two are for hosts
# that are booted within a machine.
PACKAGES = (
    *base.PACKAGES,
    "e2fsprogs",
    "grub-pc-bin",
    "grub2-common",
    "initramfs-tools",
    "linux-image-amd64",
    "pciutils",
    "qemu-guest-agent",
    "zstd",
    "python3-yaml",
    "systemd-container",
)
# Installed here they cost seconds; in a machine, minutes.
PARTS = ("storage-packages", "machine-image-packages")
ENABLED = ("systemd-networkd.service", "ssh.service")
# Beyond those of a base tree: what waits for hardware or for a journal that no machine has.
MASKED = (
    *base.MASKED,
    "systemd-journal-flush.service",
    "ldconfig.service",
    "nvmf-autoconnect.service",
)
SSH_SETTINGS = "etc/ssh/sshd_config.d/lab.conf"
RECIPE = 1  # raise when build() itself changes what comes out

SECTOR = 512
DISK_GIB = 12
BOOT_SECTOR = 2048  # a partition of 1 MiB that holds GRUB's core image
ROOT_SECTOR = 4096
GPT_TAIL = 2048  # sectors kept for the partition table's copy at the end
PARTITIONS = f"""label: gpt
start={BOOT_SECTOR}, size={ROOT_SECTOR - BOOT_SECTOR}, type=21686148-6449-6E6F-744E-656564454649
start={ROOT_SECTOR}, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
"""
LABEL = "machine"  # of the root file system, as in guest/
GRUB_FILES = "usr/lib/grub/i386-pc"
GRUB_MODULES = (
    *("biosdisk", "part_gpt", "ext2", "gzio", "linux", "configfile", "normal", "minicmd"),
    *("search", "search_fs_uuid", "search_label", "echo", "test", "ls", "reboot", "serial"),
    "terminal",
)
# Fields of GRUB's first two sectors that grub-bios-setup writes: grub-core/boot/i386/pc/boot.S
# (GRUB_BOOT_MACHINE_KERNEL_SECTOR, _BOOT_DRIVE, _DRIVE_CHECK) and diskboot.S (its block list).
KERNEL_SECTOR, BOOT_DRIVE, DRIVE_CHECK, BLOCK_LIST = 0x5C, 0x64, 0x66, 0x1F4
BOOT_CODE_BYTES = 440  # before the partition table's part of the first sector


def key() -> str:
    """Return the image's name: the suite and 12 hex digits of the SHA-256 of its inputs."""
    digest = hashlib.sha256()
    for text in (str(RECIPE), SUITE, *packages(), *ENABLED, *MASKED, PARTITIONS, *GRUB_MODULES):
        digest.update(text.encode() + b"\0")
    files = [base.GUEST_FILES / SSH_SETTINGS, *sorted(GUEST_FILES.rglob("*"))]
    for path in files:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{SUITE}-{digest.hexdigest()[:12]}"


def packages() -> tuple[str, ...]:
    """Return the packages of the image. Raises CatalogueError."""
    parts = catalogue.load()
    return (*PACKAGES, *(name for part in PARTS for name in parts.part(part)["packages"]))


def ensure(cache: MachineCache, say: Say) -> ImagePaths:
    """Return the image, built now if it is not there. Raises LabError.

    A killed build leaves nothing that a later one takes for an image.
    """
    image = cache.image(key())
    if image.root.is_dir():
        return image
    require("mke2fs", "mmdebstrap", "qemu-img", "setpriv", "sfdisk", "unshare")
    with exclusive(cache.images / ".lock"):
        if image.root.is_dir():
            return image
        say(f"image {image.root.name}: building from {SUITE}'s packages")
        started = time.monotonic()
        building = ImagePaths(cache.images / ".building")
        if building.root.exists():
            shutil.rmtree(building.root)
        building.root.mkdir(parents=True)
        _build(building)
        _drop_unused(cache)
        building.root.rename(image.root)
        say(f"image {image.root.name}: built in {time.monotonic() - started:.0f} s")
        return image


def _drop_unused(cache: MachineCache) -> None:
    """Remove states and images of other keys that no machine lies over."""
    used = {path.read_text(encoding="utf-8") for path in cache.labs.glob("*/machines/*/state")}
    for root in cache.states.glob("[!.]*"):
        if root.name not in used:
            shutil.rmtree(root)
    below = {path.read_text(encoding="utf-8") for path in cache.states.glob("*/image")}
    for root in cache.images.glob("[!.]*"):
        if root.name not in below:
            shutil.rmtree(root)


def _build(image: ImagePaths) -> None:
    tree = image.root / "tree"
    source = GUEST_FILES / "etc/initramfs-tools"
    # The initramfs is made when the kernel is installed, by settings that must be there already.
    hooks = (
        f"--essential-hook=cp -R '{source}' \"$1/etc/\"",
        '--essential-hook=mkdir -p "$1/usr/share"',
        f"--essential-hook=cp -R '{GUEST_FILES}/usr/share/initramfs-tools' \"$1/usr/share/\"",
    )
    base.debootstrap(tree, SUITE, packages(), machine.apt_settings(), *hooks)
    _prepare(tree)
    raw = image.root / "disk.raw"
    _make_disk(raw, tree)
    _write_grub(raw, tree)
    run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(image.disk)])
    shutil.copy(tree / "vmlinuz", image.kernel)
    raw.unlink()
    shutil.rmtree(tree)


def _prepare(tree: Path) -> None:
    base.forget_machine(tree)
    shutil.copytree(GUEST_FILES, tree, dirs_exist_ok=True)
    shutil.copy(base.GUEST_FILES / SSH_SETTINGS, tree / SSH_SETTINGS)
    for program in (tree / "usr/local/sbin").glob("machine-*"):
        program.chmod(0o755)
    (tree / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copytree(tree / GRUB_FILES, tree / "boot/grub/i386-pc")
    for argv in (["enable", *ENABLED], ["mask", *MASKED]):
        run(["chroot", str(tree), "systemctl", *argv])


def _make_disk(raw: Path, tree: Path) -> None:
    with raw.open("wb") as file:
        file.truncate(DISK_GIB * 1024**3)
    run(["sfdisk", "--quiet", str(raw)], stdin=PARTITIONS)
    sectors = DISK_GIB * 1024**3 // SECTOR - ROOT_SECTOR - GPT_TAIL
    argv = ["mke2fs", "-q", "-F", "-t", "ext4", "-L", LABEL, "-d", str(tree)]
    argv += ["-E", f"root_owner=0:0,offset={ROOT_SECTOR * SECTOR}"]
    run([*argv, str(raw), f"{sectors * SECTOR // 1024}k"])


def _write_grub(raw: Path, tree: Path) -> None:
    argv = ["grub-mkimage", "--format=i386-pc", "--output=/tmp/core.img"]
    argv += ["--prefix=(hd0,gpt2)/boot/grub", *GRUB_MODULES]
    run(["chroot", str(tree), *argv])
    boot = (tree / GRUB_FILES / "boot.img").read_bytes()
    core = (tree / "tmp/core.img").read_bytes()
    with raw.open("r+b") as file:
        file.write(boot_code(boot))
        file.seek(BOOT_SECTOR * SECTOR)
        file.write(core_image(core))


def boot_code(boot: bytes) -> bytes:
    """Return the first sector's code of ``boot``, GRUB's boot.img, told where its core image lies.

    It asks the BIOS for no other disk than the one that it was read from.
    """
    code = bytearray(boot[:BOOT_CODE_BYTES])
    struct.pack_into("<Q", code, KERNEL_SECTOR, BOOT_SECTOR)
    code[BOOT_DRIVE] = 0xFF
    code[DRIVE_CHECK : DRIVE_CHECK + 2] = b"\x90\x90"
    return bytes(code)


def core_image(core: bytes) -> bytes:
    """Return ``core``, GRUB's core image, told that its rest follows its first sector."""
    image = bytearray(core)
    struct.pack_into("<Q", image, BLOCK_LIST, BOOT_SECTOR + 1)
    return bytes(image)
