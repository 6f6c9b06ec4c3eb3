"""Where a host's groups go is decided by what the kernel shows, for both cgroup versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.hosts import cgroups
from lab.hosts.cgroups import Hierarchy
from lab.hosts.errors import LabError
from lab.hosts.names import Handle

HANDLE = Handle("one", "a")
HYBRID_MOUNTS = """\
22 1 0:20 / /sys rw,relatime - sysfs sysfs rw
30 29 0:27 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
31 29 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
32 29 0:29 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
33 29 0:30 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
34 29 0:31 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
""".splitlines()
HYBRID_GROUPS = """\
9:name=systemd:/
4:memory:/jail/b8dc
3:cpuset:/
2:cpu,cpuacct:/
0::/
""".splitlines()
UNIFIED_MOUNTS = [
    "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate",
]


def test_version_1_hosts_go_below_the_callers_own_groups() -> None:
    found = cgroups.parse_hierarchies(HYBRID_MOUNTS, HYBRID_GROUPS)
    assert {(h.mount.name, str(h.parent), h.unified, h.alone) for h in found} == {
        ("cpuset", "/sys/fs/cgroup/cpuset", False, False),
        ("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", False, False),
        ("memory", "/sys/fs/cgroup/memory/jail/b8dc", False, False),
        ("systemd", "/sys/fs/cgroup/systemd", False, False),
        ("unified", "/sys/fs/cgroup/unified", True, False),
    }


def test_version_2_hosts_go_to_the_root_of_the_tree() -> None:
    found = cgroups.parse_hierarchies(UNIFIED_MOUNTS, ["0::/user.slice/session-1.scope"])
    root = Path("/sys/fs/cgroup")
    assert found == (Hierarchy(frozenset(), root, root, alone=True),)


def test_a_group_is_found_below_the_part_of_the_tree_that_is_mounted() -> None:
    mounts = ["32 29 0:29 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory"]
    (found,) = cgroups.parse_hierarchies(mounts, ["4:memory:/docker/x/inner"])
    assert found.parent == Path("/sys/fs/cgroup/memory/inner")


def test_the_command_that_enters_groups_joins_each_and_then_becomes_the_program() -> None:
    argv = cgroups.enter_argv([Path("/cg/a"), Path("/cg/b")], ["sleep", "1"])
    assert argv[3:] == ["sh", "/cg/a/cgroup.procs", "/cg/b/cgroup.procs", "--", "sleep", "1"]


def test_a_version_1_group_gets_the_parents_processors_and_its_memory_limit(tmp_path: Path) -> None:
    cpuset, memory = tmp_path / "cpuset", tmp_path / "memory"
    for directory in (cpuset, memory / "bml.one.a"):
        directory.mkdir(parents=True)
    (cpuset / "cpuset.cpus").write_text("0-1\n")
    (cpuset / "cpuset.mems").write_text("0\n")
    limit = memory / "bml.one.a" / "memory.limit_in_bytes"
    limit.write_text("9223372036854771712\n")
    parents = (
        Hierarchy(frozenset({"cpuset"}), cpuset, cpuset),
        Hierarchy(frozenset({"memory"}), memory, memory),
    )
    made = cgroups.create(parents, HANDLE, 0.5)
    assert made == (cpuset / "bml.one.a", memory / "bml.one.a")
    assert (made[0] / "cpuset.cpus").read_text() == "0-1\n"
    assert limit.read_text() == "536870912"
    assert cgroups.leaf(made[0], cgroups.MACHINE) == made[0]


def test_a_version_2_group_hands_controllers_down_and_keeps_processes_in_leaves(
    tmp_path: Path,
) -> None:
    group = tmp_path / "bml.one.a"
    group.mkdir()
    for directory in (tmp_path, group):
        (directory / "cgroup.controllers").write_text("cpu memory pids\n")
    (group / "memory.max").write_text("max\n")
    (made,) = cgroups.create((Hierarchy(frozenset(), tmp_path, tmp_path, alone=True),), HANDLE, 0)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    assert (group / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    assert (group / "memory.max").read_text() == "max"
    assert cgroups.leaf(made, cgroups.LAUNCHER) == group / "launcher"
    assert sorted(path.name for path in group.iterdir() if path.is_dir()) == ["launcher", "machine"]


def test_the_version_2_tree_beside_version_1_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("hugetlb\n")
    cgroups.create((Hierarchy(frozenset(), tmp_path, tmp_path),), HANDLE, 0)
    assert not (tmp_path / "cgroup.subtree_control").exists()


def test_a_group_that_the_kernel_refuses_is_an_error_that_names_it(tmp_path: Path) -> None:
    parent = Hierarchy(frozenset({"pids"}), tmp_path, tmp_path / "gone")
    with pytest.raises(LabError, match=r"cgroup .*/gone/bml\.one\.a: No such file"):
        cgroups.create((parent,), HANDLE, 0)


def test_groups_are_found_by_name_wherever_they_are(tmp_path: Path) -> None:
    for path in ("x/bml.one.a/machine", "bml.one.b", "other"):
        (tmp_path / path).mkdir(parents=True)
    found = cgroups.find((Hierarchy(frozenset({"pids"}), tmp_path, tmp_path),))
    assert found == {
        Handle("one", "a"): (tmp_path / "x" / "bml.one.a",),
        Handle("one", "b"): (tmp_path / "bml.one.b",),
    }


def test_processes_are_those_of_a_group_and_of_all_below(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "cgroup.procs").write_text("10\n11\n")
    (tmp_path / "sub" / "cgroup.procs").write_text("12\n")
    assert cgroups.processes([tmp_path]) == {10, 11, 12}


@pytest.mark.parametrize("name", ["memory.usage_in_bytes", "memory.current"])
def test_memory_is_read_from_either_version(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("4096\n")
    assert cgroups.memory_bytes([tmp_path / "other", tmp_path]) == 4096


def test_memory_of_no_group_is_zero() -> None:
    assert cgroups.memory_bytes([]) == 0
