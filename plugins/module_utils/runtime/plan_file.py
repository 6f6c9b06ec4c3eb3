# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans as files: read one, or bring one to what the planner decided."""

from __future__ import annotations

import json
import os
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.baremetal.sglang.plugins.module_utils.change import (
    Change,
    OperationError,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan_changes import (
    FieldChange,
    plan_changes,
)

try:
    import yaml
except ImportError:
    YAML_MISSING = traceback.format_exc()
else:
    YAML_MISSING = ""

HEADER = "# Made by baremetal.sglang.plan from the site's facts. A copy at another path is yours.\n"
# Wide enough that no text is wrapped.
WIDTH = 100_000
SHOWN_FIELDS = 5
MODE = 0o644


def load_document(path: str, *, missing: str = "") -> Any:
    """The content of a YAML file.

    C(missing) is what to do when there is no such file. Raises C(OperationError) for a file that
    cannot be read or is not YAML.
    """
    _require_yaml()
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OperationError(f"{path}: {reason}; {missing or 'correct the path'}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise OperationError(f"{path}: not YAML: {reason}; correct the file") from error


def load_json(path: Path) -> Any:
    """The content of a JSON file. Raises C(OperationError) where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OperationError(f"{path}: cannot be read: {error}; complete the directory") from error


def save_plan(document: Mapping[str, Any], path: str, *, check_mode: bool) -> Change:
    """Write the plan unless the file says the same already; both sides of the diff hold the fields
    that differ. The file is replaced in one step, so that nobody reads half of it."""
    target = Path(path)
    changes = plan_changes(_existing(target), document)
    text = plan_yaml(document)
    stands = target.is_file() and target.read_text(encoding="utf-8") == text
    if not stands and not check_mode:
        _replace(target, text)
    return Change(
        before={change.path: change.before for change in changes},
        after={change.path: change.after for change in changes},
        actions=() if stands else (_action(path, changes),),
    )


def plan_yaml(document: Mapping[str, Any]) -> str:
    """The file's text, byte for byte the same for the same document."""
    _require_yaml()
    body = yaml.dump(
        _plain(document), Dumper=_dumper(), sort_keys=False, width=WIDTH, allow_unicode=True
    )
    return f"---\n{HEADER}{body}"


def _dumper() -> type[yaml.SafeDumper]:
    """PyYAML's own dumper, with lists of numbers (GPUs of a rank) on one line."""

    class Dumper(yaml.SafeDumper):
        """Not the C one, which breaks lines at other places."""

    def represent(dumper: yaml.SafeDumper, values: list[Any]) -> yaml.Node:
        numbers = all(isinstance(value, int) for value in values)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=numbers)

    Dumper.add_representer(list, represent)
    return Dumper


def _plain(value: Any) -> Any:
    """Copies, so that the dumper never writes an anchor for a list that stands at two places."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def _existing(target: Path) -> Mapping[str, Any]:
    if not target.is_file():
        return {}
    document = load_document(str(target))
    return document if isinstance(document, Mapping) else {}


def _action(path: str, changes: tuple[FieldChange, ...]) -> str:
    named = [change.line() for change in changes[:SHOWN_FIELDS]]
    more = [f"and {len(changes) - SHOWN_FIELDS} more"] if len(changes) > SHOWN_FIELDS else []
    return f"write {path}: {'; '.join([*named, *more]) or 'reasons, or the form of the file'}"


def _replace(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(MODE)
        Path(name).replace(target)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OperationError(
            f"{target}: cannot be written: {reason}; correct site_artifacts or its rights"
        ) from error


def _require_yaml() -> None:
    if YAML_MISSING:
        raise OperationError(missing_required_lib("PyYAML"), exception=YAML_MISSING)
