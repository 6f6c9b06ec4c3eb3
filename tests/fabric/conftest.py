"""Four hosts in two racks, as network namespaces with shaped links. Needs root, tc and iperf3."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.shaped_network import Host, shaped_network

from .site import MEGABITS, RACKS, NamespaceSite


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NamespaceSite]:
    """The site with one link of gpu3 at half of its rate."""
    missing = [name for name in ("ip", "tc", "iperf3", "setpriv") if not shutil.which(name)]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"needs root, and lacks {', '.join(missing) or 'nothing else'}")
    links = {name: Host(rate=MEGABITS * 1e6 / 8) for name in RACKS}
    with shaped_network(links, uplink=MEGABITS * 1e6 / 8) as network:
        made = NamespaceSite(network, Path(tmp_path_factory.mktemp("fabric")))
        made.write()
        yield made
