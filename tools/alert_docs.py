"""Write docs/alerts.md, the runbooks, from the rules that the collection makes.

Everything between the markers is of a site with two groups of one rank, a router, GPUs and RDMA.
The collection must be importable (make dev-links).

PYTHONPATH=.collections python -m tools.alert_docs          write the page
PYTHONPATH=.collections python -m tools.alert_docs --check  exit 1 if it is not current
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.groups import (
    alert_groups,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.rule import Rule
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.thresholds import (
    THRESHOLDS,
    parse_thresholds,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.manifests.alerts.watched import (
    Watched,
)

from tools.marked import MarkedPage
from tools.roles import ROOT

BEGIN = "<!-- alerts: written by python -m tools.alert_docs -->"
END = "<!-- end of alerts -->"
PAGE = "docs/alerts.md"
EXAMPLE = Watched(
    namespace="serving",
    groups=("r1-a", "r1-b"),
    ranks=2,
    routers=1,
    startup_seconds=3600,
    gpus=True,
    rdma=True,
    thresholds=parse_thresholds({}),
)
LABEL = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
VALUE = re.compile(r"\{\{ \$value[^}]*\}\}")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; the exit status is 1 if `--check` found that the page is stale."""
    return MarkedPage(PAGE, BEGIN, END, "tools.alert_docs").run(arguments, root, content())


def content() -> str:
    """The table of thresholds, and a section for each alert."""
    rows = "".join(
        f"| `{name}` | {each.default} | {each.unit} | {each.source} |\n"
        for name, each in THRESHOLDS.items()
    )
    head = "## Thresholds\n\n| Name | Default | Unit | From |\n|---|---|---|---|\n"
    sections = (
        section
        for group, rules in alert_groups(EXAMPLE).items()
        for section in (f"\n## Group `{group}`\n", *map(_section, rules))
    )
    return f"{head}{rows}{''.join(sections)}"


def _section(rule: Rule) -> str:
    return "".join(f"{line}\n" for line in _lines(rule))


def _lines(rule: Rule) -> Iterator[str]:
    held = f"for {rule.seconds} s" if rule.seconds else "at once"
    yield f"\n### {rule.name}\n"
    yield f"{rule.severity}, {held}: {_plain(rule.summary)}.\n"
    yield f"```\n{rule.expression}\n```\n"
    yield f"{_plain(rule.impact)}\n"
    yield from (f"{number}. {_plain(step)}" for number, step in enumerate(rule.steps, 1))


def _plain(text: str) -> str:
    """A text with the names of labels in the place of templates."""
    return VALUE.sub("N", LABEL.sub(lambda found: found[1].upper(), text))


if __name__ == "__main__":
    sys.exit(main())
