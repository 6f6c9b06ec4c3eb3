"""What counts as a notice of this collection, on lines as ansible-core prints them."""

from __future__ import annotations

import pytest

from tests.newest_core.notices import is_of_others, notices

FOREIGN = (
    "[DEPRECATION WARNING]: The 'status.values' return value is deprecated. This feature will be "
    "removed from collection 'kubernetes.core' version 98.0.0."
)
HINT = (
    "[WARNING]: Deprecation warnings can be disabled by setting `deprecation_warnings=False` in "
    "ansible.cfg."
)


def test_notices_are_read_with_their_origin_and_without_the_hint() -> None:
    output = f"{HINT}\n{FOREIGN}\nOrigin: a.yml:3:5\n\nTASK [Install flannel] ***\nok: [cp1]\n"
    assert notices(output) == [f"{FOREIGN}\nOrigin: a.yml:3:5"]


def test_deprecation_of_another_collection_is_theirs() -> None:
    assert is_of_others(FOREIGN)


def test_warning_of_the_helm_module_is_theirs() -> None:
    assert is_of_others(
        "[WARNING]: The default idempotency check can fail to report changes in certain cases. "
        "Install helm diff >= 98.4.1 for better results."
    )


@pytest.mark.parametrize(
    "notice",
    [
        FOREIGN.replace("kubernetes.core", "baremetal.sglang"),
        "[DEPRECATION WARNING]: Conditionals ... will be removed from ansible-core version 98.23.",
        "[WARNING]: Found variable using reserved name: 'port'.",
        "[ERROR]: Task failed: Module failed: no such file",
    ],
)
def test_notice_without_another_owner_is_ours(notice: str) -> None:
    assert [is_of_others(found) for found in notices(notice)] == [False]
