"""Bringing a lab up and taking it down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab.hosts import base, cgroups, gateway, machine, network, root, ssh, status, traces
from lab.hosts.commands import Say, require
from lab.hosts.definition import Host, Lab
from lab.hosts.errors import LabError
from lab.hosts.locks import exclusive
from lab.hosts.nspawn import Bind
from lab.hosts.paths import REPOSITORY, Cache, HostPaths
from lab.hosts.supervisor import Job

SSH_SECONDS = 60.0
PROGRAMS = ("ip", "losetup", "mkfs.ext4", "mount", "ssh", "ssh-keygen", "systemd-nspawn", "unshare")
ONLINE_PROGRAMS = ("nft", "nsenter", "slirp4netns")


@dataclass(frozen=True)
class Options:
    """What the caller chose for ``up``: the bundle's directory, whether hosts see outside, and

    how long their ssh servers may take to answer, in seconds.
    """

    bundle: Path
    online: bool = False
    ssh_seconds: float = SSH_SECONDS


def up(cache: Cache, lab: Lab, options: Options, say: Say) -> None:
    """Bring every host of ``lab`` to an answering ssh server; running hosts stay as they are.

    Writes the lab's known_hosts and status.json. Raises LabError.
    """
    _require_root()
    require(*PROGRAMS, *(ONLINE_PROGRAMS if options.online else ()))
    bundle = find_bundle(lab, options.bundle)
    started = time.monotonic()
    with exclusive(cache.lock(lab.name)):
        before = status.collect(cache, lab)
        missing = [h for h, s in zip(lab.hosts, before.hosts, strict=True) if s.state != "running"]
        _refuse_other_reach(before, options, len(missing))
        _refuse_too_many(len(missing), say)
        trees = {host: _prepare(cache, lab, host, options, say) for host in missing}
        network.ensure_bridge(lab)
        if options.online and not before.online:
            gateway.start(lab)
        for host, tree in trees.items():
            _launch(cache, lab, host, tree, bundle)
        _write_known_hosts(cache, lab)
        _wait_all(cache, lab, options.ssh_seconds, say)
        after = status.collect(cache, lab)
        cache.lab(lab.name).status.write_text(json.dumps(after.as_dict(), indent=2) + "\n")
    say(f"lab {lab.name}: {len(lab.hosts)} hosts up, {time.monotonic() - started:.1f} s")


def down(cache: Cache, name: str, say: Say) -> None:
    """Remove everything that the lab called ``name`` has on this machine. Raises LabError."""
    _require_root()
    started = time.monotonic()
    with exclusive(cache.lock(name)):
        found = traces.find(name)
        traces.remove(found, cache.lab(name).root)
        rest = {kind: n for kind, n in traces.find(name).counts().items() if n}
    if rest:
        raise LabError(f"lab {name}: still there after down: {rest}; run down again")
    removed = ", ".join(f"{count} {kind}" for kind, count in found.counts().items() if count)
    say(f"lab {name}: removed {removed or 'nothing'}, {time.monotonic() - started:.1f} s")


def find_bundle(lab: Lab, path: Path) -> Path:
    """Return the directory that the bundle at ``path`` is kept in, links resolved.

    Raises LabError when a host of ``lab`` wants it and it is not there.
    """
    wanted = [f"{host.name} (at {host.bundle})" for host in lab.hosts if host.bundle]
    if wanted and not path.is_dir():
        raise LabError(
            f"no bundle at {path}, which the lab file gives to {', '.join(wanted)}; "
            "build it: python -m lab.bundle"
        )
    return path.resolve()


def _require_root() -> None:
    if os.geteuid() != 0:
        raise LabError("the lab makes namespaces, mounts and cgroups: run it as root")


def _refuse_other_reach(before: status.LabStatus, options: Options, missing: int) -> None:
    if missing < len(before.hosts) and before.online != options.online:
        now, wanted = (
            ("with a gateway to outside", "without one")
            if before.online
            else ("without a route beyond its bridge", "with a gateway")
        )
        raise LabError(f"lab {before.name} runs {now} and was asked for {wanted}; run down first")


def _refuse_too_many(missing: int, say: Say) -> None:
    """Raise where bare hosts find no inotify instances, warn where a cluster on them would not."""
    inotify = machine.inotify()
    if shortage := inotify.shortage(missing, machine.INOTIFY_PER_BARE_HOST):
        raise LabError(shortage)
    if shortage := inotify.shortage(missing, machine.INOTIFY_PER_CLUSTER_HOST):
        say(f"warning: containerd and kubelet may not start: {shortage}")


def _prepare(cache: Cache, lab: Lab, host: Host, options: Options, say: Say) -> Path:
    """Make the files that the host boots from; return its base tree."""
    traces.stop(lab.handle(host))
    paths = cache.lab(lab.name).host(host.name)
    tree = _first_base(paths) or base.ensure(cache, host.base, machine.kernel(), say)
    layer = root.prepare(lab, host, paths, tree, ssh.ensure_key(cache.ssh_key))
    if options.online:
        root.set_online(lab, host.base, layer, machine.apt_settings())
    else:
        root.set_offline(layer)
    return tree


def _first_base(paths: HostPaths) -> Path | None:
    """Return the tree that the host was first booted from: its files lie over that one alone."""
    if not paths.job.exists():
        return None
    tree = Path(Job.loads(paths.job.read_text(encoding="utf-8")).base)
    return tree if tree.is_dir() else None


def _launch(cache: Cache, lab: Lab, host: Host, tree: Path, bundle: Path) -> None:
    """Start the host's supervisor, which shares nothing with the caller and outlives it."""
    paths = cache.lab(lab.name).host(host.name)
    groups = cgroups.create(cgroups.hierarchies(), lab.handle(host), host.memory)
    job = Job(
        handle=lab.handle(host),
        directory=str(paths.root),
        base=str(tree),
        binds=_binds(host, paths, bundle),
        cgroups=tuple(str(group) for group in groups),
    )
    making = paths.job.with_suffix(".making")
    making.write_text(job.dumps(), encoding="utf-8")
    making.rename(paths.job)
    supervisor = [sys.executable, "-m", status.SUPERVISOR, str(paths.job)]
    argv = ["unshare", "--mount", "--propagation", "private", *supervisor]
    leaves = [cgroups.leaf(group, cgroups.LAUNCHER) for group in groups]
    with paths.console.open("ab") as console:
        subprocess.Popen(
            cgroups.enter_argv(leaves, argv),
            cwd="/",
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
        )


def _binds(host: Host, paths: HostPaths, bundle: Path) -> tuple[Bind, ...]:
    binds = [Bind(str(paths.var), "/var"), *(Bind(node, node) for node in machine.devices())]
    if machine.kernel().module_tree:
        binds.append(Bind("/lib/modules", "/usr/lib/modules", read_only=True))
    if host.bundle:
        binds.append(Bind(str(bundle), host.bundle, read_only=True))
    return tuple(binds)


def _write_known_hosts(cache: Cache, lab: Lab) -> None:
    paths = cache.lab(lab.name)
    keys = [(host, root.host_key(paths.host(host.name))) for host in lab.hosts]
    paths.known_hosts.write_text(ssh.known_hosts(keys), encoding="utf-8")


def _wait_all(cache: Cache, lab: Lab, seconds: float, say: Say) -> None:
    with ThreadPoolExecutor(len(lab.hosts)) as pool:
        waits = [pool.submit(_wait, cache, lab, host, seconds) for host in lab.hosts]
    failed = [str(error) for wait in waits if (error := wait.exception())]
    for host, wait in zip(lab.hosts, waits, strict=True):
        if not wait.exception():
            say(f"  {host.name} {host.address}: ssh answers")
    if failed:
        raise LabError("\n".join(failed))


def _wait(cache: Cache, lab: Lab, host: Host, seconds: float) -> None:
    console = cache.lab(lab.name).host(host.name).console
    try:
        ssh.wait(host, seconds, lambda: status.is_running(lab.handle(host)))
    except LabError as error:
        said = console.read_text(errors="replace").strip().splitlines()[-10:]
        raise LabError("\n  ".join([f"{error}; {console} ends with:", *said])) from error
