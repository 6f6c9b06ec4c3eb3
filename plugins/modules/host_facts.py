#!/usr/bin/python
# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what a host is, without changing it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_facts
short_description: Read what a host must be before it becomes part of a cluster
version_added: 0.1.0
description:
  - Reads distribution, memory, disks, listening TCP ports with their processes, networks and the
    state of the container runtime in one call.
  - Nothing is written and no program is run; everything comes from C(/proc), C(/sys) and files.
author: baremetal.sglang maintainers (@baremetal)
options:
  asked_at:
    description:
      - The controller's clock when it asked, in seconds since the epoch. It is returned unchanged,
        so that a report can bound the difference of the clocks.
    type: float
    required: true
  paths:
    description:
      - Paths whose file systems are asked for their free space, and what they are stored on. They
        need not exist.
    type: list
    elements: path
    default: []
  texts:
    description: Small text files to return.
    type: list
    elements: path
    default: []
  directories:
    description: Directories to list, with the size of each file below them.
    type: list
    elements: path
    default: []
  existing:
    description: Paths to look for.
    type: list
    elements: path
    default: []
  registry:
    description: Storage of an OCI registry, in which O(images) are looked for. It need not run.
    type: path
    default: ""
  images:
    description: Images to look for, each as C(repository:tag).
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: The module only reads, so check mode makes no difference.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
notes:
  - The owner of a port can only be seen by root; run it with C(become).
"""

EXAMPLES = r"""
- name: Read the host's facts
  baremetal.sglang.host_facts:
    asked_at: "{{ now().timestamp() }}"
    paths: [/var/lib/containerd, /var/lib/kubelet]
  become: true
  register: host
"""

RETURN = r"""
host:
  description: The facts.
  returned: success
  type: dict
  contains:
    asked_at: {description: The option of the same name., type: float, returned: always}
    epoch: {description: "The host's clock, as O(asked_at).", type: float, returned: always}
    python: {description: Version of the interpreter., type: str, returned: always}
    distribution: {description: "C(id), C(version) and C(name).", type: dict, returned: always}
    kernel: {description: Release of the kernel., type: str, returned: always}
    architecture: {description: "Machine type, such as V(x86_64).", type: str, returned: always}
    cgroup_version: {description: V(1) or V(2)., type: int, returned: always}
    init: {description: Name of the program with PID 1., type: str, returned: always}
    cpus: {description: Number of CPUs that may be used., type: int, returned: always}
    memory_bytes: {description: Memory in bytes., type: int, returned: always}
    swap_bytes: {description: Size of all swap areas in bytes., type: int, returned: always}
    filesystems:
      description: "For each of O(paths): C(device), C(free_bytes), C(total_bytes)."
      type: dict
      returned: always
    storage:
      description:
        - For each of O(paths) the C(kind) of its storage, V(nvme), V(ssd), V(hdd), V(nfs) or
          V(unknown), the type of its C(filesystem), its C(source), the names of the C(disks)
          below it, and the C(options) of an NFS mount that its speed depends on (C(vers),
          C(proto), C(nconnect), C(rsize)).
        - The disks of virtual machines are V(unknown), and so is a RAID of different disks.
      type: dict
      returned: always
    listeners:
      description: "Listening TCP sockets: C(port), C(address), C(process), C(pid)."
      type: list
      elements: dict
      returned: always
    addresses:
      description: IPv4 addresses of the host.
      type: list
      elements: str
      returned: always
    routes:
      description: "IPv4 routes but the default one: C(interface), C(network)."
      type: list
      elements: dict
      returned: always
    foreign_runtimes:
      description: "Other container runtimes with a socket: V(docker), V(cri-o)."
      type: list
      elements: str
      returned: always
    cluster_server:
      description: API server of the cluster that this host belongs to, or an empty string.
      type: str
      returned: always
    texts:
      description: "For each of O(texts): C(text) and C(error)."
      type: dict
      returned: always
    directories:
      description: "For each of O(directories): C(exists), C(files) with their sizes in bytes."
      type: dict
      returned: always
    existing:
      description: Those of O(existing) that exist.
      type: list
      elements: str
      returned: always
    blobs:
      description: "Digests of all that containerd's content store holds, V(sha256:...)."
      type: list
      elements: str
      returned: always
    images:
      description:
        - Of each of O(images) that O(registry) holds its C(digest) and its compressed size
          C(bytes); of an image for several platforms the largest.
      type: dict
      returned: always
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.baremetal.sglang.plugins.module_utils.change import Finding
from ansible_collections.baremetal.sglang.plugins.module_utils.hostprobe.probe import (
    Question,
    probe,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.runtime.module import (
    Request,
    run_module,
)

QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "paths": {"type": "list", "elements": "path", "default": []},
    "texts": {"type": "list", "elements": "path", "default": []},
    "directories": {"type": "list", "elements": "path", "default": []},
    "existing": {"type": "list", "elements": "path", "default": []},
    "registry": {"type": "path", "default": ""},
    "images": {"type": "list", "elements": "str", "default": []},
}


def operate(request: Request) -> Finding:
    """Read the facts of this machine."""
    question = Question(**{name: request.parameters[name] for name in QUESTIONS})
    facts = probe(question, root=Path("/"), epoch=time.time())
    return Finding({"host": {"asked_at": request.parameters["asked_at"], **facts}})


def main() -> None:
    """Read parameters, read facts, report."""
    run_module(
        argument_spec={"asked_at": {"type": "float", "required": True}, **QUESTIONS},
        operate=operate,
    )


if __name__ == "__main__":
    main()
