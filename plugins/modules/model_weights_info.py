#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible module model_weights_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: model_weights_info
short_description: Say which models a node holds and whether they are whole and verified
version_added: 0.1.0
author: baremetal.sglang maintainers (@baremetal)
description:
  - Describes the models below a weights root as M(baremetal.sglang.model_weights) leaves them.
  - Compares what C(stat) says of each file with the record of the last verification. No file's
    content is read, unless O(verify=true).
options:
  destination:
    description: Weights root, an absolute path.
    type: path
    required: true
  name:
    description:
      - Describe this model alone, also when the node does not have it.
      - All models are described without it.
    type: str
  verify:
    description:
      - Read every byte of the version in use, past the page cache, and compare it with the list.
        Takes as long as the disk needs.
    type: bool
    default: false
extends_documentation_fragment:
  - baremetal.sglang.attributes.info
seealso:
  - module: baremetal.sglang.model_weights
"""

EXAMPLES = r"""
- name: Ask for one model
  baremetal.sglang.model_weights_info:
    destination: /var/lib/baremetal-sglang/models
    name: smollm2-135m-instruct
  register: model

- name: Read every byte of every model
  baremetal.sglang.model_weights_info:
    destination: /var/lib/baremetal-sglang/models
    verify: true
"""

RETURN = r"""
weights:
  description: One entry per model, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The model's name.
      type: str
    link:
      description: Link that names the version in use; empty when there is none.
      type: str
    path:
      description: Directory of the version in use; empty when there is none.
      type: str
    digest:
      description:
        - SHA-256 of the list kept there; empty without the list that the directory is named after.
      type: str
    complete:
      description: Every listed file is there.
      type: bool
    verified:
      description:
        - Every file is as it was when its SHA-256 was last found right.
        - With O(verify=true) every file's bytes were read now and have the listed SHA-256.
      type: bool
    verified_at:
      description:
        - When the record says that bytes were last hashed (UTC, ISO 8601); empty without a record.
      type: str
    verified_by:
      description: Who did that; every field is empty without a record, or when it does not say.
      type: dict
      contains:
        program:
          description: V(model_weights) or V(weights-scrub).
          type: str
        version:
          description: Version of the collection.
          type: str
        host:
          description: Host that read the bytes.
          type: str
        run:
          description: Option C(run) of the module; of the scrub its systemd invocation.
          type: str
    files:
      description: Files in the list.
      type: int
    bytes:
      description: Bytes of these files on the disk.
      type: int
    missing:
      description: Listed files that are not there.
      type: list
      elements: str
    unverified:
      description: Files that changed since they were last hashed; empty with O(verify=true).
      type: list
      elements: str
    mismatching:
      description: Files whose bytes do not have the listed SHA-256; known with O(verify=true) only.
      type: list
      elements: str
    scrub:
      description:
        - What the scrub of the version in use did; times are UTC, ISO 8601, empty for never.
      type: dict
      contains:
        position:
          description: Files that the pass under way has read; 0 when none is under way.
          type: int
        started_at:
          description: When the last pass began.
          type: str
        finished_at:
          description: When a pass last read every file.
          type: str
        succeeded_at:
          description: When a pass last ended with every byte right.
          type: str
        by:
          description: Who scrubbed last, as RV(weights[].verified_by).
          type: dict
        read_bytes:
          description: Bytes that scrubs have read since the version came.
          type: int
        found:
          description: Files that scrubs found wrong since the version came.
          type: int
        repaired:
          description: Those of them that were repaired.
          type: int
        wrong:
          description: Files that the last pass found wrong and could not repair.
          type: list
          elements: str
        events:
          description:
            - The last 100 files that were found wrong, each with C(at), C(file), C(found),
              C(repaired_from) (a URL, or empty) and C(by).
          type: list
          elements: dict
    versions:
      description: Versions of the model on the node, linked or not.
      type: list
      elements: str
    other_versions:
      description:
        - Those that the link does not name. One that is verified can be linked again at once.
      type: list
      elements: dict
      contains:
        path:
          description: Directory of the version.
          type: str
        digest:
          description: SHA-256 of its list.
          type: str
        complete:
          description: Every listed file is there.
          type: bool
        verified:
          description: Every file is as it was when its SHA-256 was last found right.
          type: bool
        bytes:
          description: Bytes of its files.
          type: int
    staging:
      description: Digests (first 12 digits) of versions that began to land and did not end.
      type: list
      elements: str
"""

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.information import (
    describe_models,
)


def operate(request: Request) -> Finding:
    """Describe the models that were asked for."""
    values = request.parameters
    models = describe_models(values["destination"], values["name"] or "", verify=values["verify"])
    return Finding({"weights": models})


def main() -> None:
    """Run the module."""
    run_module(
        argument_spec={
            "destination": {"type": "path", "required": True},
            "name": {"type": "str"},
            "verify": {"type": "bool", "default": False},
        },
        operate=operate,
    )


if __name__ == "__main__":
    main()
