"""SIMULATED driver of a host: what NVIDIA's programs see of one that is loaded, and no more.

python3 gpu_host.py DIRECTORY VERSION GPUS

loads, on the host that it runs on, version VERSION of the driver below DIRECTORY, with GPUS device
nodes: libraries of DIRECTORY/VERSION, /proc/driver and /sys/module/nvidia, and an entry of
modules.dep, which comes last, as with a driver's installation. Run again it changes the version.

It runs on lab hosts, so it needs the standard library alone.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
NAMES = ("libcuda.so", "libnvidia-ml.so")
CONTROL = ("nvidiactl", "nvidia-modeset", "nvidia-uvm", "nvidia-uvm-tools")
# The lab has no device of NVIDIA's major number: the nodes are those of /dev/null.
DEVICE = os.makedev(1, 3)
# The unit's own condition and first command are nvidia-smi's, which cannot be had here.
UNIT = Path("/etc/systemd/system/nvidia-cdi-refresh.service.d/simulated.conf")
UNIT_TEXT = """# SIMULATED driver: there is no nvidia-smi, and no module to load.
[Unit]
ConditionPathExists=
ConditionPathExists=/usr/bin/nvidia-ctk
[Service]
ExecStart=
ExecStart=/usr/bin/nvidia-ctk cdi generate
"""


def load(directory: Path, version: str, gpus: int) -> None:
    """Let the host see this version of the driver with this many GPUs."""
    install_libraries(directory / version)
    made = directory / "loaded"
    write(made / "module/nvidia/version", version)
    text = f"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {version}  SIMULATED"
    write(made / "driver/nvidia/version", text)
    write(made / "driver/nvidia/params", "ModifyDeviceFiles: 0")
    make_nodes(gpus)
    if not os.path.ismount("/proc/driver"):
        mount_over(made)
    write(UNIT, UNIT_TEXT.rstrip("\n"))
    run("systemctl", "daemon-reload")
    write(Path(f"/usr/lib/modules/{os.uname().release}/modules.dep"), "updates/dkms/nvidia.ko.xz:")


def install_libraries(origin: Path) -> None:
    """Replace the libraries, and have the linker find the new ones."""
    for name in NAMES:
        for old in LIBRARIES.glob(f"{name}*"):
            old.unlink()
        shutil.copy(origin / f"{name}.{origin.name}", LIBRARIES)
    run("ldconfig")


def make_nodes(gpus: int) -> None:
    """Make the device nodes that are missing."""
    for name in (*CONTROL, *(f"nvidia{minor}" for minor in range(gpus))):
        if not Path("/dev", name).exists():
            os.mknod(f"/dev/{name}", stat.S_IFCHR | 0o666, DEVICE)


def mount_over(made: Path) -> None:
    """Bind the made trees. A lab host's /sys is read-only and has no modules."""
    run("mount", "-o", "remount,rw", "/sys")
    Path("/sys/module").mkdir(exist_ok=True)
    run("mount", "-o", "remount,ro", "/sys")
    run("mount", "--bind", str(made / "module"), "/sys/module")
    run("mount", "--bind", str(made / "driver"), "/proc/driver")


def write(path: Path, text: str) -> None:
    """A file with these lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def run(*argv: str) -> None:
    """Run a command."""
    subprocess.run(argv, check=True)


if __name__ == "__main__":
    load(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
