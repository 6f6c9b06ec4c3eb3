# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The model as the mirror keeps it, from what preflight read there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import Bundle
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import DIGEST
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.facts import (
    Directory,
    HostState,
    Text,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import (
    HOWTO,
    Form,
    not_in_mirror,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.preflight import (
    ModelDirectory,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    LIST_NAME,
    parse_file_list,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    Credentials,
    credential_faults,
    moving_revision,
    url_faults,
)


def read_model(
    bundle: Optional[Bundle],
    forms: Sequence[Form],
    pinned: str,
    states: Mapping[str, HostState],
) -> tuple[Optional[ModelDirectory], tuple[Fault, ...]]:
    """The model's files in the bundle and the names of its list.

    C(forms) are those that the site may serve; of several, one must be there, and none is judged.
    C(pinned) is the SHA-256 that the site asks of the list, empty for the form's own.
    """
    facts = states[bundle.host].facts if bundle is not None and not bundle.error else None
    if bundle is None or facts is None:
        return None, ()
    paths = [f"{bundle.path}/models/{form.directory}" for form in forms]
    # A host with a site_model of its own was asked for other directories: a fault already.
    asked = {path: facts.directories[path] for path in paths if path in facts.directories}
    if not any(directory.exists for directory in asked.values()):
        return None, (not_in_mirror(bundle, forms),) if asked else ()
    if len(forms) > 1:
        return None, ()
    (form,), (path,) = forms, paths
    text = facts.texts[f"{path}/{LIST_NAME}"]
    return _listed(f"{bundle.host}:{path}", text, asked[path], _Pin.of(pinned, form))


@dataclass(frozen=True)
class _Pin:
    """The SHA-256 that a list must have, empty for any, and who asks for it."""

    digest: str
    asks: str

    @classmethod
    def of(cls, site: str, form: Form) -> _Pin:
        if site:
            return cls(site, "site_weights_digest asks for")
        return cls(form.digest, "the catalogue pins")


def _listed(
    where: str, text: Text, directory: Directory, pin: _Pin
) -> tuple[Optional[ModelDirectory], tuple[Fault, ...]]:
    """A model directory by its list; one that is pinned to no SHA-256 has another fault already."""
    if text.error:
        needed = "the SHA-256 list of the model"
        return None, (_list_fault("model_list_missing", where, text.error, needed),)
    try:
        parsed = parse_file_list(text.text.encode(), f"{where}/{LIST_NAME}")
    except InputError as error:
        return None, (_list_fault("model_list_invalid", where, str(error), "a list"),)
    if pin.digest and not DIGEST.fullmatch(pin.digest):
        return None, ()
    if pin.digest not in ("", parsed.digest):
        found, needed = f"SHA-256 {parsed.digest}", f"SHA-256 {pin.digest}, that {pin.asks}"
        return None, (_list_fault("model_list_differs", where, found, needed),)
    names = frozenset({LIST_NAME, *(file.name for file in parsed.files)})
    return ModelDirectory(where, directory, names, parsed.digest, bool(pin.digest)), ()


def _list_fault(code: str, where: str, found: str, needed: str) -> Fault:
    fix = f"copy the model to the bundle again, with its list ({HOWTO})"
    return Fault(code, f"{where}/{LIST_NAME}", found, needed, fix)


def source_faults(site: Site) -> tuple[Fault, ...]:
    """Faults of the URL that a site names for its weights, and of the credentials for it."""
    variable, credentials = "site_weights_source", _credentials(site)
    source = site.site_weights_source
    # Without a source it is the mirror, which gives its files to every host.
    found = [*(url_faults(source) if source else ()), *credential_faults(source, credentials)]
    return tuple(
        Fault(
            code="value_invalid",
            where=f"{variable}{fault.suffix}",
            found=fault.found,
            needed=fault.needed,
            fix=f"correct {variable}{fault.suffix}",
        )
        for fault in found
    )


def source_warnings(site: Site) -> tuple[str, ...]:
    """What a person should know of the source: that what it names can change."""
    revision = moving_revision(site.site_weights_source)
    if not revision or site.site_weights_digest:
        return ()
    return (
        f"site_weights_source {site.site_weights_source}: {revision!r} is a branch or a tag, so"
        " another run may bring other files; name a commit (40 hex digits), or set"
        " site_weights_digest",
    )


def _credentials(site: Site) -> Credentials:
    return Credentials(
        token=site.site_weights_source_token,
        access_key=site.site_weights_source_access_key,
        secret_key=site.site_weights_source_secret_key,
        region=site.site_weights_source_region,
    )
