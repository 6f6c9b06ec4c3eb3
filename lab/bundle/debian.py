"""Packages of the distribution, fetched with apt and trusted by Debian's archive keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.bundle.builder import BuildError, Recipe, Work, run
from lab.bundle.catalogue import Part
from lab.hosts import base, machine

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Not read by any program in an image.
UNREAD = ("man", "locale", "doc", "info", "bash-completion", "lintian")
_SIMULATED = re.compile(r"^Inst (?P<package>\S+) \((?P<version>\S+) ")


@dataclass(frozen=True)
class Apt:
    """An apt of its own below `root`: one suite of Debian, nothing installed."""

    root: Path
    suite: str

    def update(self) -> None:
        """Write the configuration and fetch the signed package lists."""
        settings = machine.apt_settings()
        for directory in ("lists/partial", "cache/archives/partial", "parts", "sources"):
            (self.root / directory).mkdir(parents=True)
        (self.root / "status").touch()
        (self.root / "sources/debian.sources").write_text(
            f"Types: deb\nURIs: {settings.mirror}\nSuites: {self.suite}\nComponents: main\n"
            f"Signed-By: {KEYRING}\n"
        )
        (self.root / "apt.conf").write_text(self._configuration(settings.options))
        self.get("update")

    def get(self, *words: str, cwd: Path | None = None) -> str:
        """Run one apt-get command. Raises `BuildError`."""
        return run(["apt-get", "-q", *words], cwd=cwd, env={"APT_CONFIG": str(self.conf)})

    @property
    def conf(self) -> Path:
        """The configuration, for APT_CONFIG."""
        return self.root / "apt.conf"

    def closure(self, packages: Iterable[str]) -> dict[str, str]:
        """Versions by name of what an empty system would install for `packages`."""
        said = self.get("--simulate", "install", "?essential", "apt", *packages)
        return simulated(said)

    def _configuration(self, transport: Iterable[str]) -> str:
        own = {
            "Dir::State": self.root,
            "Dir::State::status": self.root / "status",
            "Dir::State::lists": self.root / "lists",
            "Dir::Cache": self.root / "cache",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": self.root / "sources",
            "Dir::Etc::parts": self.root / "parts",
            "Dir::Etc::preferencesparts": self.root / "parts",
            "Dir::Etc::preferences": "/dev/null",
            "APT::Install-Recommends": "false",
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "APT::Sandbox::User": "root",
        }
        return "\n".join([*(f'{name} "{value}";' for name, value in own.items()), *transport, ""])


def simulated(output: str) -> dict[str, str]:
    """Versions by package name of the `Inst` lines of `apt-get --simulate install`."""
    found = (_SIMULATED.match(line) for line in output.splitlines())
    return {match["package"]: match["version"] for match in found if match}


def recipe(part: Part) -> Recipe:
    """Recipe of a part of kind `debian` that the bundle takes or makes something from."""
    builders = {"hosts": fetch_packages, "containerd.io": fetch_alone, "images": build_root}
    return Recipe(
        build=builders[part["use"]],
        sources=(Path(__file__),),
        inputs=base.PACKAGES if part["use"] == "hosts" else (),
    )


def fetch_packages(work: Work) -> None:
    """Fetch the part's packages and all that they need beyond a bare host's own packages."""
    apt = Apt(work.scratch / "apt", work.part["suite"])
    apt.update()
    present = apt.closure(base.PACKAGES)
    needed = apt.closure([*base.PACKAGES, *work.part["packages"]])
    added = {name: version for name, version in needed.items() if name not in present}
    # A host may have been made before its copy of a package was replaced in the archive.
    wanted = added | {name: needed[name] for name in work.part["packages"]}
    _download(work, apt, wanted)


def fetch_alone(work: Work) -> None:
    """Fetch the part's packages without what they need."""
    apt = Apt(work.scratch / "apt", work.part["suite"])
    apt.update()
    everything = apt.closure(work.part["packages"])
    _download(work, apt, {name: everything[name] for name in work.part["packages"]})


def build_root(work: Work) -> None:
    """Make a small Debian system for images: `files/root.tar`, the same bytes each time."""
    settings = machine.apt_settings()
    target = work.output / "files/root.tar"
    target.parent.mkdir()
    work.report(f"mmdebstrap {work.part['suite']}")
    argv = ["mmdebstrap", "--mode=root", "--variant=essential", "--format=tar"]
    argv += [f"--include={','.join(work.part['packages'])}", f"--keyring={KEYRING}"]
    argv += [f"--aptopt={option}" for option in settings.options]
    argv += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in UNREAD]
    argv += ["--dpkgopt=path-include=/usr/share/doc/*/copyright"]
    # Package lists and logs are not read, and the last two are copies of this machine's.
    unwanted = ("var/lib/apt", "var/cache", "var/log", "etc/resolv.conf", "etc/hostname")
    argv += [f'--customize-hook=cd "$1" && rm -rf {" ".join(unwanted)}']
    run([*argv, work.part["suite"], str(target), settings.mirror])


def _download(work: Work, apt: Apt, versions: Mapping[str, str]) -> None:
    work.report(f"apt-get download of {len(versions)} packages")
    wanted = [f"{name}={version}" for name, version in sorted(versions.items())]
    apt.get("download", *wanted, cwd=work.output)
    found = len(list(work.output.glob("*.deb")))
    if found != len(versions):
        raise BuildError(
            f"part {work.name}: {found} packages fetched, needed {len(versions)}; "
            "run the build again"
        )
