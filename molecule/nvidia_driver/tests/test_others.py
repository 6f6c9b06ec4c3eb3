"""A host without GPU, and one whose driver was refused: nothing was changed on either."""

# ruff: noqa: S101  testinfra states what it needs with assert
from __future__ import annotations

from typing import Any

import pytest

testinfra_hosts = ["ansible://cpu1", "ansible://b200"]


def test_no_package_of_nvidia_is_installed(host: Any) -> None:
    packages = host.check_output("dpkg-query --show -f '${Package}\\n'").split()
    assert [name for name in packages if "nvidia" in name or name in ("dkms", "libcuda1")] == []


@pytest.mark.parametrize("directory", ["sources.list.d", "preferences.d", "keyrings"])
def test_apt_has_no_file_of_the_role(host: Any, directory: str) -> None:
    found = host.run(f"ls /etc/apt/{directory}").stdout.split()
    assert [name for name in found if "nvidia" in name] == []


def test_nouveau_is_not_on_a_blacklist(host: Any) -> None:
    assert "nouveau" not in host.check_output("modprobe --showconfig")
