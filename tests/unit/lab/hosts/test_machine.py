"""Facts of the machine are read from what its own tools print."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.hosts import machine

TARGETS = [
    "Packages|main|http://security.example/debian-security/",
    "Contents-deb|main|http://mirror.example/debian/",
    "Packages|contrib|http://first.example/debian/",
    "Packages|main|http://mirror.example/debian/",
    "Packages|main|http://later.example/debian/",
]


def test_the_mirror_is_the_first_repository_of_debians_archive() -> None:
    assert machine.debian_mirror(TARGETS) == "http://mirror.example/debian/"


def test_no_debian_repository_gives_no_mirror() -> None:
    assert machine.debian_mirror(["Packages|main|http://archive.example/ubuntu/"]) == ""


def test_only_settings_of_the_transport_go_to_base_trees() -> None:
    dump = [
        'APT::Architecture "amd64";',
        'Acquire::Check-Valid-Until "false";',
        'Acquire::http::Proxy "http://proxy.example:3128";',
        'Acquire::https::CAInfo "/etc/ca.pem";',
        'Acquire::https "";',
        'Acquire::GzipIndexes "true";',
        'Acquire::Retries "3";',
    ]
    assert machine.transport_options(dump) == (dump[1], dump[2], dump[3], dump[6])


def test_modules_are_listed_when_the_kernel_has_them_built_in() -> None:
    config = ["CONFIG_OVERLAY_FS=y", "CONFIG_VXLAN=m", "# CONFIG_TUN is not set", "CONFIG_VETH=y"]
    assert machine.builtin_modules(config) == (
        "kernel/drivers/net/veth.ko",
        "kernel/fs/overlayfs/overlay.ko",
    )


@pytest.mark.parametrize("option", sorted(machine.MODULE_OF_OPTION))
def test_every_listed_option_stands_for_one_module(option: str) -> None:
    assert machine.builtin_modules([f"{option}=y"]) == (machine.MODULE_OF_OPTION[option],)


def test_inotify_counts_what_root_holds(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/inotify").mkdir(parents=True)
    (tmp_path / "sys/fs/inotify/max_user_instances").write_text("128\n")
    (tmp_path / "7" / "fd").mkdir(parents=True)
    for number, target in enumerate(("anon_inode:inotify", "/dev/null", "anon_inode:inotify")):
        (tmp_path / "7" / "fd" / str(number)).symlink_to(target)
    (tmp_path / "8").mkdir()
    assert machine.inotify(tmp_path) == machine.Inotify(limit=128, used=2)


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        (2, ""),
        (
            3,
            "57 of 128 inotify instances are free, 3 hosts take 72; take another lab down, or raise"
            " the limit: sysctl -w fs.inotify.max_user_instances=143",
        ),
    ],
)
def test_inotify_says_what_more_hosts_need(hosts: int, said: str) -> None:
    assert machine.Inotify(128, 71).shortage(hosts, 24) == said
