# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Install the program that scrubs weights: one file, made on the controller, copied to the host."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Optional

from ansible.plugins.action import ActionBase
from ansible_collections.baremetal.sglang.plugins.plugin_utils.program import make_program

MODULE_UTILS = Path(__file__).resolve().parent.parent / "module_utils"
PARTS = ("change.py", "weights")
ENTRY = "weights.scrub_command"
OPTIONS = {"dest": {"type": "path", "required": True}}


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """The result of ansible.builtin.copy, which does the work on the host."""

    _supports_check_mode = True
    _supports_diff = True
    _requires_connection = True

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None
    ) -> dict[str, Any]:
        """Make the program and copy it."""
        super().run(tmp, task_vars)
        _result, arguments = self.validate_argument_spec(OPTIONS)
        with tempfile.NamedTemporaryFile(suffix=".pyz") as file:
            file.write(make_program(MODULE_UTILS, PARTS, ENTRY))
            file.flush()
            return self._copy(file.name, arguments["dest"], task_vars)

    def _copy(self, source: str, dest: str, task_vars: Optional[dict[str, Any]]) -> dict[str, Any]:
        task = self._task.copy()
        task.args = {"src": source, "dest": dest, "owner": "root", "group": "root", "mode": "0755"}
        copy = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.copy",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        found: dict[str, Any] = copy.run(task_vars=task_vars)
        return found
