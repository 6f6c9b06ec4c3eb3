#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible module model_weights."""

from __future__ import annotations

DOCUMENTATION = r"""
module: model_weights
short_description: Land, verify and publish a model's weights on a node
version_added: 0.1.0
author: baremetal.sglang maintainers (@baremetal)
description:
  - Brings a model directory from a mirror to the node's disk. The directory at the source holds
    the files and C(SHA256SUMS), their SHA-256 list as C(sha256sum -- *) writes it.
  - Files land in C(<destination>/.staging), are hashed while they arrive, and become visible by
    one rename as C(<destination>/<name>@<first 12 digits of the list's SHA-256>). The link
    C(<destination>/<name>) is then replaced in one step, so a reader never sees half a model.
  - A run that was interrupted goes on where it stopped, also within a file.
  - A second run compares what C(stat) says of each file with the record of the last verification
    and reads no file. A file that changed is hashed again and, when it is wrong, replaced alone.
    A bit that rots on the disk keeps what C(stat) says; the scrub that role C(model_weights)
    installs, O(verify), and M(baremetal.sglang.model_weights_info) with C(verify) read every byte
    and find it.
  - Versions that the link no longer names are kept and reported. With O(digest) of one of them that
    is whole the link goes back to it, and the source is not asked.
  - A link in the place of a file, or of a partial file, is replaced. A link in the place of a
    directory of the model is refused.
  - Check mode asks the source for the list, the index and the sizes. A source that does not answer
    is a warning then, since the mirror may be an earlier step of the same check.
options:
  name:
    description: Name of the model below O(destination).
    type: str
    required: true
  destination:
    description: Weights root, an absolute path. It is made when it is missing.
    type: path
    required: true
  state:
    description:
      - V(present) brings the version that the source holds and links it.
      - V(absent) removes the link, every version and what lies in staging for O(name). With
        O(digest) it removes that version and its staging alone, and refuses the one that is linked.
    type: str
    choices: [present, absent]
    default: present
  source:
    description:
      - URL of the model's directory, C(http://), C(https://) or C(file:///path).
      - C(hf+https://HOST/ORG/NAME@REVISION) is a model on Hugging Face's hub or on a mirror with
        its API. A commit (40 hex digits) is the best revision, since a branch moves. The list is
        made of the hub's own digests; a C(SHA256SUMS) in the repository is left out.
      - C(s3+https://ENDPOINT/BUCKET/PREFIX) is a directory on a server that speaks S3, with the
        files and C(SHA256SUMS) below the prefix. Requests are of path style. Without
        O(source_access_key) they are not signed.
      - Required when O(state=present).
      - A URL with credentials is refused because it would be shown in results.
    type: str
  source_token:
    description:
      - Token of an account on the hub, or bearer token for a web server, that may read the model.
        It is sent to the host of O(source) and to no host that it redirects to.
    type: str
  source_access_key:
    description: Access key of an S3 source. Needs O(source_secret_key).
    type: str
  source_secret_key:
    description: Secret key of O(source_access_key). It signs requests and is not sent.
    type: str
  source_region:
    description: Region of an S3 source, as the server names it.
    type: str
    default: us-east-1
  digest:
    description:
      - SHA-256 of C(SHA256SUMS) that the model must have; any list is accepted without it.
      - A source whose list differs is refused. With a digest that is already complete on the node
        the source is not asked at all.
    type: str
  parallel:
    description: How many files are fetched at a time.
    type: int
    default: 8
  timeout_seconds:
    description: Seconds that one attempt at a file may take, and the wait for another run's lock.
    type: int
    default: 900
  retries:
    description: How often a file that failed or has the wrong digest is tried again.
    type: int
    default: 3
  checks:
    description:
      - What is checked beyond each file's digest.
      - V(index) refuses a model whose C(model.safetensors.index.json) names shards that the list
        does not have.
      - V(safetensors) refuses a file whose header contradicts its size or the index.
    type: list
    elements: str
    choices: [index, safetensors]
    default: [index, safetensors]
  feeds:
    description:
      - URLs of other nodes' relays, which are asked in turn for the files' bytes before O(source)
        is. The list, the index and the sizes always come from O(source).
      - A file that was wrong is asked for once more where it has been verified.
    type: list
    elements: str
    default: []
  feed_token:
    description: Token that O(feeds) want to see. It is not sent to O(source).
    type: str
  stored_only:
    description: Ask O(feeds) only for files that they hold whole and verified, and wait for them.
    type: bool
    default: false
  relayed:
    description:
      - The node's own relay stores the files in C(<destination>/.relay). They are taken from there
        and verified as they arrive. The node asks for a file itself when no byte has come for 30 s
        or when the file was wrong.
    type: bool
    default: false
  share_bytes:
    description:
      - Land only the first files, until they have that many bytes together, and leave the others
        for a later run. V(0) lands all.
      - What is not whole is not published.
    type: int
    default: 0
  run_seconds:
    description:
      - End the run after so many seconds with what has landed by then; it is no failure. V(0) sets
        no limit.
    type: int
    default: 0
  verify:
    description:
      - Read every byte of a version that is there, past the page cache, and fetch what is wrong.
        Takes as long as the disk needs.
    type: bool
    default: false
  run:
    description:
      - What this run is called where it was started, such as a person or a pipeline's number. The
        record of the verification keeps it; M(baremetal.sglang.model_weights_info) returns it.
    type: str
extends_documentation_fragment:
  - baremetal.sglang.attributes
seealso:
  - module: baremetal.sglang.model_weights_info
"""

EXAMPLES = r"""
- name: Bring a pinned model from the mirror
  baremetal.sglang.model_weights:
    source: http://10.79.0.11:8080/models/smollm2-135m-instruct
    name: smollm2-135m-instruct
    digest: 5f1d2c0e9b7a46d8e3c1f0a9b8d7c6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9
    destination: /var/lib/baremetal-sglang/models

- name: Bring a model from a mounted disk, whatever its list says
  baremetal.sglang.model_weights:
    source: file:///mnt/carried/smollm2-135m-instruct
    name: smollm2-135m-instruct
    destination: /var/lib/baremetal-sglang/models

- name: Bring a revision of a model from the hub
  baremetal.sglang.model_weights:
    source: hf+https://hub.example/example/smollm2@0123456789abcdef0123456789abcdef01234567
    source_token: "{{ vault_hub_token }}"
    name: smollm2-135m-instruct
    destination: /var/lib/baremetal-sglang/models

- name: Bring a model from a bucket
  baremetal.sglang.model_weights:
    source: s3+https://s3.example:9000/models/smollm2-135m-instruct
    source_access_key: "{{ vault_s3_access_key }}"
    source_secret_key: "{{ vault_s3_secret_key }}"
    name: smollm2-135m-instruct
    destination: /var/lib/baremetal-sglang/models

- name: Go back to an older version that is still on the node
  baremetal.sglang.model_weights:
    source: http://10.79.0.11:8080/models/smollm2-135m-instruct
    name: smollm2-135m-instruct
    digest: 9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b
    destination: /var/lib/baremetal-sglang/models

- name: Remove a version that is no longer wanted
  baremetal.sglang.model_weights:
    name: smollm2-135m-instruct
    digest: 9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b
    destination: /var/lib/baremetal-sglang/models
    state: absent

- name: Remove a model and all its versions
  baremetal.sglang.model_weights:
    name: smollm2-135m-instruct
    destination: /var/lib/baremetal-sglang/models
    state: absent
"""

RETURN = r"""
weights:
  description: The model on the node; in check mode as it would be.
  returned: success
  type: dict
  contains:
    name:
      description: The model's name.
      type: str
    digest:
      description: SHA-256 of the model's list; empty when O(state=absent).
      type: str
    path:
      description: Directory of the version; empty when O(state=absent).
      type: str
    link:
      description: Link that names the version.
      type: str
    files:
      description: Files in the list.
      type: int
    bytes:
      description: Bytes of these files.
      type: int
    verified:
      description:
        - Every file's bytes have the listed SHA-256. In check mode, whether they have it now.
      type: bool
    to_fetch_files:
      description: Files that the node lacked when the run began.
      type: int
    to_fetch_bytes:
      description: Bytes that the node lacked when the run began.
      type: int
    largest_bytes:
      description: Bytes of the largest file that the node lacked.
      type: int
    fetched_bytes:
      description: Bytes that this run read from the source, 0 in check mode.
      type: int
    left_bytes:
      description:
        - Bytes that O(share_bytes) or O(run_seconds) left for a later run. Nothing is published
          while it is not 0.
      type: int
    mismatches:
      description: Each time that a file came with wrong bytes, the file and the URL it came from.
      type: list
      elements: dict
    pulls:
      description:
        - What the node asked for itself, by C(feeder) (address and port, empty for a file system),
          with C(files), C(bytes), and C(file_rate), the bytes/s of a typical file or V(0.0). What
          came through its own relay is not among them.
      type: list
      elements: dict
    resumed_bytes:
      description: Bytes in staging that an earlier run left and that are used.
      type: int
    retries:
      description: Attempts at a file after its first.
      type: int
    seconds:
      description: Duration of the transfer and the publication.
      type: float
    bytes_per_second:
      description: RV(weights.fetched_bytes) per second.
      type: int
    other_versions:
      description: Versions that are kept and not linked.
      type: list
      elements: str
    other_staging:
      description:
        - Digests (first 12 digits) of other versions that began to land and did not end. They are
          kept; O(state=absent) removes them.
      type: list
      elements: str
actions:
  description: What was done; in check mode what would be done.
  returned: success
  type: list
  elements: str
  sample: ["fetch 13 files (325140480 bytes) from http://10.79.0.11:8080/models/smollm2-135m-instruct",
           "publish smollm2-135m-instruct@5f1d2c0e9b7a",
           "link smollm2-135m-instruct to smollm2-135m-instruct@5f1d2c0e9b7a"]
"""

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Change
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.ensure import ensure
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.source_url import (
    DEFAULT_REGION,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.spec import (
    CHECKS,
    WeightsSpec,
)


def operate(request: Request) -> Change:
    """Parse the parameters and bring the model to its state."""
    spec = WeightsSpec.parse(request.parameters)
    return ensure(spec, check_mode=request.check_mode, clock=Clock())


def main() -> None:
    """Run the module."""
    run_module(
        argument_spec={
            "name": {"type": "str", "required": True},
            "destination": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "source": {"type": "str"},
            "source_token": {"type": "str", "no_log": True},
            "source_access_key": {"type": "str", "no_log": True},
            "source_secret_key": {"type": "str", "no_log": True},
            "source_region": {"type": "str", "default": DEFAULT_REGION},
            "digest": {"type": "str"},
            "parallel": {"type": "int", "default": 8},
            "timeout_seconds": {"type": "int", "default": 900},
            "retries": {"type": "int", "default": 3},
            "checks": {
                "type": "list",
                "elements": "str",
                "choices": list(CHECKS),
                "default": list(CHECKS),
            },
            "feeds": {"type": "list", "elements": "str", "default": []},
            "feed_token": {"type": "str", "no_log": True},
            "stored_only": {"type": "bool", "default": False},
            "relayed": {"type": "bool", "default": False},
            "share_bytes": {"type": "int", "default": 0},
            "run_seconds": {"type": "int", "default": 0},
            "verify": {"type": "bool", "default": False},
            "run": {"type": "str"},
        },
        operate=operate,
        required_if=[("state", "present", ("source",))],
    )


if __name__ == "__main__":
    main()
