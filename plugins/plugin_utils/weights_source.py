# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The source that a site names for its weights: its faults, and what a host keeps of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    Directory,
    HostState,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.inventory import Inventory
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import HOWTO, Form
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.preflight import (
    ModelDirectory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import LIST_NAME
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    Credentials,
    FilePlace,
    credential_faults,
    file_place,
    moving_revision,
    url_faults,
)
from ansible_collections.baremetal.sglang.plugins.plugin_utils.mirrored_model import (
    ASKED_BY_SITE,
    Pin,
    listed_model,
)

VARIABLE = "site_weights_source"


def source_faults(site: Site, inventory: Inventory) -> tuple[Fault, ...]:
    """Faults of the URL, of the credentials for it, and of the way from it to several hosts."""
    return (*_source(site, inventory), *_transfer(site))


def source_warnings(site: Site) -> tuple[str, ...]:
    """What a person should know of the source: that what it names can change.

    A URL with faults names nothing yet.
    """
    source = site.site_weights_source
    if site.site_weights_digest or [*url_faults(source)]:
        return ()
    revision = moving_revision(source)
    if not revision:
        return ()
    return (
        f"{VARIABLE} {source}: {revision!r} is a branch or a tag, so"
        " another run may bring other files; name a commit (40 hex digits), or set"
        " site_weights_digest",
    )


def source_host(site: Site) -> str:
    """The host that alone has the weights, "" where none is named."""
    place = file_place(site.site_weights_source)
    return place.host if place is not None else ""


def read_placed(
    site: Site, inventory: Inventory, forms: Sequence[Form], states: Mapping[str, HostState]
) -> tuple[Optional[ModelDirectory], tuple[Fault, ...]]:
    """The model in the directory that the source names on hosts of the site; None for any other.

    C(forms) are those that the site may serve, C(states) what the hosts said of the directory. Of
    several hosts each must have it, and the first one's is returned. A file beside the list does
    no harm there.
    """
    place = file_place(site.site_weights_source)
    if place is None:
        return None, ()
    pin = Pin(site.site_weights_digest, ASKED_BY_SITE)
    if len(forms) == 1:
        pin = Pin.of(site.site_weights_digest, forms[0])
    models: list[ModelDirectory] = []
    faults: list[Fault] = []
    for host in _holders(place, site, inventory):
        model, found = _kept(host, place, pin, states)
        models += [model] if model is not None else []
        faults += found
    return (models[0] if models else None), tuple(faults)


def _holders(place: FilePlace, site: Site, inventory: Inventory) -> tuple[str, ...]:
    if place.host:
        return (place.host,)
    return (site.site_nfs_server,) if site.site_nfs_server else inventory.group("serving")


def _kept(
    host: str, place: FilePlace, pin: Pin, states: Mapping[str, HostState]
) -> tuple[Optional[ModelDirectory], tuple[Fault, ...]]:
    """A host's own directory; nothing is known of a host that was not asked or did not answer."""
    facts = states[host].facts if host in states else None
    list_path = f"{place.path}/{LIST_NAME}"
    if facts is None or list_path not in facts.texts:
        return None, ()
    fix = f"copy the model there with its list ({HOWTO}), or correct {VARIABLE}"
    where, directory = f"{host}:{place.path}", facts.directories[place.path]
    model, faults = listed_model(where, facts.texts[list_path], directory, pin, fix)
    if model is None:
        return None, faults
    listed = {name: size for name, size in directory.files.items() if name in model.listed}
    return dataclasses.replace(model, directory=Directory(directory.exists, listed)), ()


def _source(site: Site, inventory: Inventory) -> Iterator[Fault]:
    source, credentials = site.site_weights_source, _credentials(site)
    place = file_place(source)
    if place is not None and place.host:
        if place.host not in inventory.hosts:
            hosts = ", ".join(inventory.hosts)
            needed = f"file://HOST/PATH with one of these hosts, or file:///PATH: {hosts}"
            yield _invalid("", f"host {place.host!r}", needed)
        source = place.url
    # Without a source it is the mirror, which gives its files to every host.
    found = [*(url_faults(source) if source else ()), *credential_faults(source, credentials)]
    for fault in found:
        yield _invalid(fault.suffix, fault.found, fault.needed)


def _transfer(site: Site) -> Iterator[Fault]:
    """A chain that was asked for where there is nothing that one host could pass to another."""
    if site.site_weights_transfer != "chain":
        return
    place = file_place(site.site_weights_source)
    if site.site_nfs_server:
        found = f"chain beside site_nfs_server {site.site_nfs_server}"
    elif place is not None and not place.host:
        found = f"chain with {VARIABLE} {site.site_weights_source}, which every host reads itself"
    else:
        return
    yield Fault(
        code="chain_without_use",
        where="site_weights_transfer",
        found=found,
        needed="auto or direct: no host gets the weights from another one",
        fix="remove site_weights_transfer, or name the one host that has them: file://HOST/PATH",
    )


def _invalid(suffix: str, found: str, needed: str) -> Fault:
    where = f"{VARIABLE}{suffix}"
    return Fault("value_invalid", where, found, needed, f"correct {where}")


def _credentials(site: Site) -> Credentials:
    return Credentials(
        token=site.site_weights_source_token,
        access_key=site.site_weights_source_access_key,
        secret_key=site.site_weights_source_secret_key,
        region=site.site_weights_source_region,
    )
