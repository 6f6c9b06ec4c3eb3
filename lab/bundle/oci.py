"""OCI image layouts made with umoci, with fixed times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lab.bundle.builder import SOURCE_DATE_EPOCH, run

CREATED = datetime.fromtimestamp(SOURCE_DATE_EPOCH, tz=UTC).isoformat()
_HISTORY = (f"--history.created={CREATED}", "--history.created_by=lab.bundle")


@dataclass(frozen=True)
class Config:
    """What an image says about how it is run; `user` is `uid:gid` or empty for root."""

    entrypoint: tuple[str, ...] = ()
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    working_directory: str = "/"


def new_layout(layout: Path, tag: str) -> None:
    """Make an OCI layout with one empty image."""
    run(["umoci", "init", "--layout", layout])
    run(["umoci", "new", "--image", f"{layout}:{tag}"])


def add_layer(layout: Path, tag: str, archive: Path) -> None:
    """Add a tar archive as a layer, compressed with gzip."""
    run(["umoci", "raw", "add-layer", "--image", f"{layout}:{tag}", *_HISTORY, archive])


def write_config(layout: Path, tag: str, config: Config) -> None:
    """Set the image's configuration and leave no unused blob in the layout."""
    options = [f"--config.entrypoint={word}" for word in config.entrypoint]
    options += [f"--config.env={name}={value}" for name, value in config.environment.items()]
    options += [f"--config.workingdir={config.working_directory}"]
    options += [f"--config.user={config.user}"] if config.user else []
    options += [f"--created={CREATED}", "--os=linux", "--architecture=amd64", "--no-history"]
    run(["umoci", "config", "--image", f"{layout}:{tag}", *options])
    run(["umoci", "gc", "--layout", layout])
