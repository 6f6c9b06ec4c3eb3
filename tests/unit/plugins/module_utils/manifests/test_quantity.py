from __future__ import annotations

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.quantity import (
    cpus,
    mebibytes,
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1", "1"),
        ("32", "32"),
        ("0.5", "500m"),
        ("1.50", "1500m"),
        ("2.000", "2"),
        ("500m", "500m"),
        ("2000m", "2"),
        ("0.1", "100m"),
    ],
)
def test_cpus_are_whole_or_in_thousandths(text: str, canonical: str) -> None:
    assert cpus(text) == canonical


@pytest.mark.parametrize(
    ("amount", "canonical"),
    [
        (64, "64Mi"),
        (512, "512Mi"),
        (1024, "1Gi"),
        (1536, "1536Mi"),
        (32768, "32Gi"),
        (512 * 1024, "512Gi"),
        (1024 * 1024, "1Ti"),
        (1536 * 1024, "1536Gi"),
        (1024**4, "1024Pi"),
    ],
)
def test_memory_has_the_largest_suffix_that_leaves_a_whole_number(
    amount: int, canonical: str
) -> None:
    assert mebibytes(amount) == canonical
