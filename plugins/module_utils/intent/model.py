# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site's model: its names, its forms, and where the mirror keeps each of them.

A model is a part of kind model of catalogue/parts.yml, whose files the bundle's builder makes and
whose list is pinned; or one of the planner's catalogue, whose formats each have a repository of
Hugging Face; or one of its own, planned from its files. The mirror keeps the first below its own
directory, the second below the repository's name, the third below the model's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.baremetal.sglang.plugins.module_utils.fault import Fault, nearest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import Bundle
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.catalogue import Catalogue
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import MODELS
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Plan
from ansible_collections.baremetal.sglang.plugins.module_utils.units import gib

# As model_weights takes it: the name becomes a link and a directory on the nodes.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ANY_FORMAT = ""
HOWTO = "docs/operations.md, The site's own model"


@dataclass(frozen=True)
class Form:
    """One form of a model's weights.

    C(format) is the planner's name of it, ANY_FORMAT where the model has a single one; C(directory)
    lies below models/ of the mirror; C(bytes) is the checkpoint's size in the planner's catalogue,
    0 where another source has it; C(digest) is the SHA-256 of SHA256SUMS that the catalogue of
    parts pins, empty where nothing does.
    """

    format: str
    directory: str
    bytes: int = 0
    digest: str = ""

    def serves(self, weight_format: str) -> bool:
        """Whether a plan with this format of the weights takes this form."""
        return self.format in (ANY_FORMAT, weight_format)


def forms(
    name: str, parts: Mapping[str, Mapping[str, Any]], *, own_files: bool
) -> tuple[Form, ...]:
    """The forms of a model, none for a name that nothing knows.

    C(own_files) says that the site plans the model from files of its own. A part of the catalogue
    of parts goes before both, since its files are pinned.
    """
    part = parts.get(name, {})
    if part.get("kind") == "model":
        return (Form(ANY_FORMAT, part["directory"], digest=str(part.get("digest", ""))),)
    if own_files:
        return (Form(ANY_FORMAT, name),) if NAME.fullmatch(name) else ()
    formats = MODELS[name].formats if name in MODELS else ()
    return tuple(Form(one.name, one.repository, one.checkpoint_bytes) for one in formats)


def site_forms(site: Site, plan: Optional[Plan], catalogue: Catalogue) -> tuple[Form, ...]:
    """The forms that the site may serve: the plan's, or all that the planner may choose."""
    wanted = _wanted_format(site, plan)
    known = forms(site.site_model, catalogue.parts, own_files=bool(site.site_model_directory))
    return tuple(form for form in known if wanted == ANY_FORMAT or form.serves(wanted))


def model_faults(site: Site, plan: Optional[Plan], catalogue: Catalogue) -> Iterator[Fault]:
    """A site_model that nothing knows, or a format in which it does not exist."""
    name, own_files = site.site_model, bool(site.site_model_directory)
    known = forms(name, catalogue.parts, own_files=own_files)
    if own_files and not NAME.fullmatch(name):
        yield Fault(
            code="value_invalid",
            where="site_model",
            found=repr(name),
            needed="letters, digits, '.', '_' and '-': the nodes keep the model below this name",
            fix="correct site_model",
        )
    elif not known:
        yield _unknown(name, catalogue)
    elif not site_forms(site, plan, catalogue):
        yield _unknown_format(site, plan, known)


def not_in_mirror(bundle: Bundle, known: Sequence[Form]) -> Fault:
    """A mirror that has none of the forms that the site may serve."""
    several = len(known) > 1
    sizes = (f"{form.directory}{f' ({gib(form.bytes)})' if form.bytes else ''}" for form in known)
    return Fault(
        code="model_not_in_mirror",
        where=f"{bundle.host}:{bundle.path}/models",
        found="none of these directories" if several else "no such directory",
        needed=f"{'one of ' if several else ''}{', '.join(sizes)}, with the SHA-256 list",
        fix=f"copy the model there ({HOWTO}), or set site_weights_source",
    )


def _wanted_format(site: Site, plan: Optional[Plan]) -> str:
    """The one format that plan or site name, or ANY_FORMAT. Another model's plan names none."""
    if plan is not None:
        return plan.model.format if plan.model.name == site.site_model else ANY_FORMAT
    wanted = site.site_constraints.get("weight_format", ANY_FORMAT)
    return wanted if isinstance(wanted, str) else ANY_FORMAT


def _unknown(name: str, catalogue: Catalogue) -> Fault:
    names = sorted({*catalogue.of_kind("model"), *MODELS})
    near = nearest(name.lower(), names)
    return Fault(
        code="unknown_model",
        where="site_model",
        found=repr(name),
        needed=f"a model of the catalogue: {', '.join(names)}",
        fix=f"write {near}"
        if near
        else "choose one, or set site_model_directory to the files of a model of your own",
    )


def _unknown_format(site: Site, plan: Optional[Plan], known: tuple[Form, ...]) -> Fault:
    names = [form.format for form in known]
    wanted = _wanted_format(site, plan)
    near = nearest(wanted, names)
    place = "site_constraints.weight_format"
    return Fault(
        code="unknown_weight_format",
        where=place if plan is None else f"{site.site_plan_file}: model.format",
        found=repr(wanted),
        needed=f"a format of {site.site_model}: {', '.join(names)}",
        fix=f"write {near}" if near else "choose one of these",
    )
