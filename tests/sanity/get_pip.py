"""Bootstrap pip in an empty virtual environment from the one that Python carries.

ansible-test fetches a script of this kind from a host of Ansible's CI unless it finds it in its
cache; tests/sanity/run.sh puts this one there, so that only the package index must be reached.
"""

from __future__ import annotations

import runpy
import subprocess
import sys

NOT_OF_PIP = ("--no-setuptools", "--no-wheel")

# In a process of its own, because ensurepip turns pip's configuration off in its environment.
subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
sys.argv = ["pip", "install", *(word for word in sys.argv[1:] if word not in NOT_OF_PIP)]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
