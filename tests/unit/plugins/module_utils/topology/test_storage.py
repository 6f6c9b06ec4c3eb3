"""The words for what the weights lie on."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.topology.storage import (
    NOT_KNOWN,
    Storage,
)


@pytest.mark.parametrize(
    ("storage", "text"),
    [
        (NOT_KNOWN, "unknown"),
        (Storage("nvme"), "nvme"),
        (Storage("nvme", "xfs"), "nvme: xfs"),
        (Storage("hdd", "ext4", "sda"), "hdd: ext4 on sda"),
        (Storage("nfs", "nfs4", "vers=4.2 proto=rdma"), "nfs: nfs4 with vers=4.2 proto=rdma"),
    ],
)
def test_a_storage_in_words(storage: Storage, text: str) -> None:
    assert storage.text == text
