# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of how modules reach an API server (module_utils/runtime/argspec.py)."""

from __future__ import annotations


class ModuleDocFragment:
    """Connection options, named as in kubernetes.core."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Kubeconfig file on the host where the module runs.
      - Without it the file that the environment variable E(KUBECONFIG) names, else
        C(~/.kube/config).
    type: path
  context:
    description:
      - Context of the kubeconfig. Without it the file's current context.
    type: str
requirements:
  - kubernetes (Python library)
"""
