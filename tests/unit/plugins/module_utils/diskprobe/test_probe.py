"""What lsblk, wipefs and findmnt print becomes facts; on this machine too."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.diskprobe.probe import (
    read_disks,
    read_place,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.diskprobe.run import run
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import Request
from ansible_collections.baremetal.sglang.plugins.modules import disk_facts

MEMBER = {"type": "linux_raid_member", "label": "any:sglang-model", "uuid": "a", "offset": "0x1000"}


def device(name: str, kind: str = "disk", **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "path": f"/dev/{name}",
        "type": kind,
        "size": 1073741824,
        "serial": None,
        "model": None,
        "tran": None,
        "rota": False,
        "ro": False,
        "mountpoints": [None],
        **changes,
    }


ARRAY = device("md127", "raid0", mountpoints=["/models"])
TREE = [
    device("loop0", "loop"),
    device("nvme0n1", serial="LAB0001 ", model="QEMU NVMe Ctrl", tran="nvme", children=[ARRAY]),
    device(
        "sda",
        children=[device("sda1", "part", children=[device("dm-0", "lvm", mountpoints=["/"])])],
    ),
    device("hidden"),
    device("sr0", size=0),
]
SIGNATURES = {"/dev/nvme0n1": [MEMBER, MEMBER], "/dev/md127": [{"type": "xfs", "label": None}]}
MOUNTS = [
    {"target": "/", "source": "/dev/dm-0"},
    {"target": "/models", "source": "10.0.0.9:/models"},
]


def answers(argv: Sequence[str]) -> str:
    """The programs, as they print."""
    if argv[0] == "lsblk":
        return json.dumps({"blockdevices": TREE})
    if argv[0] == "findmnt":
        return json.dumps({"filesystems": MOUNTS})
    found = SIGNATURES.get(argv[-1], [])
    return json.dumps({"signatures": found}) if found else ""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file tree with the device nodes but one, the links of one disk, and its array."""
    links = tmp_path / "dev/disk/by-id"
    links.mkdir(parents=True)
    for name in ("nvme0n1", "sda", "sr0"):
        (tmp_path / "dev" / name).touch()
    for name in ("nvme-QEMU_NVMe_Ctrl_LAB0001", "nvme-eui.1"):
        os.symlink("../../nvme0n1", links / name)
    md = tmp_path / "sys/block/md127/md"
    md.mkdir(parents=True)
    (md / "raid_disks").write_text("2 (1)\n")
    (md / "array_state").write_text("clean\n")
    return tmp_path


def facts(root: Path) -> Mapping[str, Any]:
    return {disk["name"]: disk for disk in read_disks(answers, root)}


def test_whole_disks_with_a_device_are_listed(root: Path) -> None:
    assert list(facts(root)) == ["nvme0n1", "sda"]


def test_a_disk_has_its_ids_and_what_lies_on_it(root: Path) -> None:
    assert facts(root)["nvme0n1"] == {
        "name": "nvme0n1",
        "path": "/dev/nvme0n1",
        "size_bytes": 1073741824,
        "serial": "LAB0001",
        "model": "QEMU NVMe Ctrl",
        "transport": "nvme",
        "rotational": False,
        "read_only": False,
        "error": "",
        "links": ["nvme-QEMU_NVMe_Ctrl_LAB0001", "nvme-eui.1"],
        "signatures": [{"type": "linux_raid_member", "label": "any:sglang-model", "uuid": "a"}],
        "mountpoints": [],
        "children": [
            {
                "path": "/dev/md127",
                "type": "raid0",
                "signatures": [{"type": "xfs", "label": "", "uuid": ""}],
                "mountpoints": ["/models"],
                "raid_disks": 2,
                "raid_state": "clean",
            }
        ],
    }


def test_everything_below_a_disk_is_its_child(root: Path) -> None:
    children = facts(root)["sda"]["children"]
    assert [(child["path"], child["mountpoints"]) for child in children] == [
        ("/dev/sda1", []),
        ("/dev/dm-0", ["/"]),
    ]


def test_a_broken_disk_does_not_hide_the_others(root: Path) -> None:
    def broken(argv: Sequence[str]) -> str:
        if argv[-1] == "/dev/md127":
            raise OperationError("wipefs: I/O error")
        return answers(argv)

    nvme, sda = read_disks(broken, root)
    assert (nvme["error"], nvme["signatures"]) == ("wipefs: I/O error", [])
    assert (sda["error"], len(sda["children"])) == ("", 2)


def test_a_host_without_links_has_none(root: Path) -> None:
    for link in (root / "dev/disk/by-id").iterdir():
        link.unlink()
    (root / "dev/disk/by-id").rmdir()
    assert facts(root)["nvme0n1"]["links"] == []


def test_a_mounted_place_is_not_looked_into(root: Path) -> None:
    assert read_place(answers, root, "/models") == {
        "path": "/models",
        "source": "10.0.0.9:/models",
        "entries": [],
    }


def test_a_place_that_is_not_mounted_is(root: Path) -> None:
    (root / "weights").mkdir()
    for name in "fedcba":
        (root / "weights" / name).touch()
    assert read_place(answers, root, "/weights")["entries"] == ["a", "b", "c", "d", "e"]
    assert read_place(answers, root, "/absent")["entries"] == []


def test_an_answer_that_is_no_json_is_an_error(root: Path) -> None:
    with pytest.raises(OperationError, match=r"lsblk .*: found 'usage', needed JSON"):
        read_disks(lambda _argv: "usage", root)


def test_a_program_that_fails_is_told_with_what_it_says() -> None:
    with pytest.raises(OperationError, match=r"wipefs --json /absent: .*/absent"):
        run(["wipefs", "--json", "/absent"])
    with pytest.raises(OperationError, match="no-such-program: no such file"):
        run(["no-such-program"])


def test_this_machine_is_read_and_each_fact_is_documented() -> None:
    request = Request({"path": "/proc"}, check_mode=True, diff_mode=False)
    result = disk_facts.operate(request).result
    documented = yaml.safe_load(disk_facts.RETURN)
    assert result["place"]["source"] == "proc"
    assert set(documented) == set(result)
    for disk in result["disks"]:
        assert set(documented["disks"]["contains"]) == set(disk)
