# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The model as the mirror or another host keeps it, from what preflight read there."""

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
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.file_list import (
    LIST_NAME,
    parse_file_list,
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
    fix = f"copy the model to the bundle again, with its list ({HOWTO})"
    return listed_model(f"{bundle.host}:{path}", text, asked[path], Pin.of(pinned, form), fix)


# Who asks for a digest, as a fault says it.
ASKED_BY_SITE = "site_weights_digest asks for"


@dataclass(frozen=True)
class Pin:
    """The SHA-256 that a list must have, empty for any, and who asks for it."""

    digest: str
    asks: str

    @classmethod
    def of(cls, site: str, form: Form) -> Pin:
        """The site's own pin, else the form's."""
        if site:
            return cls(site, ASKED_BY_SITE)
        return cls(form.digest, "the catalogue pins")


def listed_model(
    where: str, text: Text, directory: Directory, pin: Pin, fix: str
) -> tuple[Optional[ModelDirectory], tuple[Fault, ...]]:
    """A model directory by its list; one that is pinned to no SHA-256 has another fault already.

    C(where) names the directory and C(fix) says what makes a fault of its list good.
    """

    def refused(code: str, found: str, needed: str) -> tuple[None, tuple[Fault, ...]]:
        return None, (Fault(code, f"{where}/{LIST_NAME}", found, needed, fix),)

    if text.error:
        return refused("model_list_missing", text.error, "the SHA-256 list of the model")
    try:
        parsed = parse_file_list(text.text.encode(), f"{where}/{LIST_NAME}")
    except InputError as error:
        return refused("model_list_invalid", str(error), "a list")
    if pin.digest and not DIGEST.fullmatch(pin.digest):
        return None, ()
    if pin.digest not in ("", parsed.digest):
        needed = f"SHA-256 {pin.digest}, that {pin.asks}"
        return refused("model_list_differs", f"SHA-256 {parsed.digest}", needed)
    names = frozenset({LIST_NAME, *(file.name for file in parsed.files)})
    return ModelDirectory(where, directory, names, parsed.digest, bool(pin.digest)), ()
