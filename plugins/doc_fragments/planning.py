# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of what is asked of the planner (module_utils/runtime/argspec.py)."""

from __future__ import annotations


class ModuleDocFragment:
    """The site's intent and its hosts."""

    DOCUMENTATION = r"""
options:
  path:
    description:
      - File of the plan on the host where the module runs.
    type: path
    required: true
  inventory:
    description:
      - Name of the site.
    type: str
    required: true
  model:
    description:
      - Model of the planner's catalogue or, with O(model_directory), any name.
    type: str
    required: true
  model_directory:
    description:
      - Directory with C(config.json), C(model.safetensors.index.json) and the weights of a model
        that the planner's catalogue lacks.
    type: path
    default: ""
  engine:
    description:
      - Engine image, as a part of the catalogue.
    type: str
    required: true
  engine_version:
    description:
      - Its version. Options of the engine differ between versions.
    type: str
    required: true
  engine_arguments:
    description:
      - Arguments of the engine that follow those of the plan, option and value as separate items.
    type: list
    elements: str
    default: []
  objective:
    description:
      - What the plan is chosen for. V(latency) is the shortest time for one token, V(throughput)
        the most tokens a second of all requests, V(longest_context) the most tokens of one
        request, V(fewest_gpus) the least hardware.
    type: str
    choices: [latency, throughput, longest_context, fewest_gpus]
    default: latency
  constraints:
    description:
      - What the plan must keep to. V(0) and V("") leave the choice to the planner.
    type: dict
    default: {}
    suboptions:
      weight_format:
        description: Format of the weights, such as V(fp8).
        type: str
        default: ""
      tensor_parallel:
        description: GPUs that share each layer.
        type: int
        default: 0
      pipeline_parallel:
        description: Stages that the layers are split into.
        type: int
        default: 0
      attention_data_parallel:
        description: Attention groups among the tensor-parallel GPUs. V(1) is none.
        type: int
        default: 0
      expert_parallel:
        description: Groups that the experts are shared out to. V(1) is none.
        type: int
        default: 0
      groups:
        description: Number of equal engine groups.
        type: int
        default: 0
      context:
        description:
          - Tokens of the longest request. V(0) takes what the model was made for, or what fits.
        type: int
        default: 0
      concurrency:
        description: Requests of O(constraints.typical_tokens) tokens that must fit at once.
        type: int
        default: 1
      typical_tokens:
        description: Tokens of a typical request, prompt and answer together.
        type: int
        default: 4096
      speculative:
        description: Whether the plan may use the speculative head that the checkpoint brings.
        type: bool
        default: false
      serving_mode:
        description: V(disaggregated) has groups for the prompt apart from groups for the answer.
        type: str
        choices: [unified, disaggregated]
        default: unified
      key_value_format:
        description:
          - Format of the key-value cache, as the engine's option C(--kv-cache-dtype) takes it.
        type: str
        default: ""
      memory_fraction:
        description:
          - The engine's C(--mem-fraction-static), between 0 and 1. V(0) takes the engine's own
            rule.
        type: float
        default: 0.0
      rank_cpu:
        description:
          - CPUs that each rank asks for, as a Kubernetes quantity. Empty takes its part of the
            host.
        type: str
        default: ""
      rank_memory_gib:
        description: Memory that each rank asks for, in GiB. V(0) takes its part of the host.
        type: int
        default: 0
      attention_backend:
        description:
          - The engine's C(--attention-backend), such as V(triton) or V(flashinfer). Empty leaves it
            to the engine. Some of them take much of the GPU's memory for decode, which the plan
            counts.
        type: str
        default: ""
      weight_loader:
        description:
          - How the engine reads the weights. Empty chooses by what the hosts store them on.
          - V(multithread) opens several files at once, V(prefetch) reads each file once on each
            host into the page cache before the ranks load it, V(sequential) opens one file at a
            time, V(default) passes no option of the kind.
        type: str
        default: ""
  environment:
    description:
      - Environment variables of the engine. They win over what is taken from the facts. Values are
        strings.
    type: dict
    default: {}
  hosts:
    description:
      - Hosts that may have ranks, in inventory order.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the host in the inventory.
        type: str
        required: true
      address:
        description: Its address on the cluster network.
        type: str
        default: ""
      rack:
        description: Its rack.
        type: str
        default: ""
      leaf_switch:
        description: The leaf switch that it is connected to.
        type: str
        default: ""
      rails:
        description:
          - RDMA devices that the engine may use, in the order of their rails. Empty for all.
        type: list
        elements: str
        default: []
      gpus:
        description: Number of GPUs that a plan may use. V(0) sets no limit.
        type: int
        default: 0
      hardware:
        description: What the inventory declares, with the keys of C(site_hardware).
        type: dict
        default: {}
      gpu_facts:
        description: The return value C(gpu) of M(baremetal.sglang.gpu_facts). Empty if not asked.
        type: dict
        default: {}
      rdma_facts:
        description: The return value C(rdma) of M(baremetal.sglang.rdma_facts). Empty if not asked.
        type: dict
        default: {}
      host_facts:
        description: The return value C(host) of M(baremetal.sglang.host_facts). Empty if not asked.
        type: dict
        default: {}
      storage:
        description:
          - What the weights will lie on when the site has made the place for them, C(kind),
            C(filesystem), C(disks) and C(options) as M(baremetal.sglang.host_facts) has them. Empty
            where the place stays as it is.
        type: dict
        default: {}
  topology_file:
    description:
      - Rack map in YAML, C(racks) with C(name), C(leaf_switches) and C(hosts). Empty takes
        O(hosts[].rack) and O(hosts[].leaf_switch).
    type: path
    default: ""
  intent_file:
    description:
      - An C(sgl-config.yaml) with the keys C(communication) and C(load_balancing).
    type: path
    default: ""
  rdma_resource:
    description:
      - Resource of the RDMA device plugin, of which each rank of an engine on several hosts
        requests one, such as V(rdma/hca_shared_devices_a). Empty where there is no such plugin.
    type: str
    default: ""
  cache_path:
    description:
      - Directory of the hosts for the kernels that engines on GPUs compile, so that they outlive
        the pods. Each version of an engine gets a directory of its own there. Empty for none.
    type: str
    default: ""
  namespace:
    description:
      - Kubernetes namespace of the engine groups. The router reaches them there.
    type: str
    default: serving
"""
