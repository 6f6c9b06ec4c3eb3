"""Small random models, hosts and wishes for the tests against the enumerator."""

from __future__ import annotations

from random import Random

from ansible_collections.baremetal.sglang.plugins.module_utils.planning.gpus import find_gpu
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.hardware import Node
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.model_spec import (
    Attention,
    Experts,
    GroupedQuery,
    ModelSpec,
    MultiHeadLatent,
    WeightFormat,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.request import (
    OBJECTIVES,
    Constraints,
    Request,
)

from tests.unit.plugins.module_utils.planning.search_samples import make_node, make_request

GPUS = ("a100-sxm-40gb", "a100-sxm-80gb", "h100-sxm-80gb", "h200-sxm-141gb", "l40s-48gb")
SIZES = {"bfloat16": 2.0, "fp8": 1.0002, "int8": 1.0, "awq": 0.53}
COMPUTE = {"bfloat16": "bfloat16", "fp8": "fp8", "int8": "int8", "awq": "bfloat16"}


def random_request(random: Random) -> Request:
    """A question about at most 16 GPUs of one model."""
    gpu = random.choice(GPUS)
    nvlink = find_gpu(gpu).nvlink_bandwidth > 0 and random.random() < 0.8
    model = random_model(random)
    hosts = random.choice((1, 2, 3, 4, 4))
    nodes = tuple(
        random_node(random, f"gpu-{number}", gpu, nvlink=nvlink) for number in range(hosts)
    )
    constraints = random_constraints(random, model)
    objective = random.choice(OBJECTIVES)
    return make_request(nodes, model=model, objective=objective, constraints=constraints)


def random_node(random: Random, name: str, gpu: str, *, nvlink: bool) -> Node:
    """A host with 1 to 4 GPUs; one in eight has a slow network."""
    gigabits = 10.0 if random.random() < 0.125 else random.choice((25.0, 100.0, 400.0))
    count = random.choice((1, 2, 2, 3, 4, 4))
    return make_node(name, [gpu] * count, gigabits=[gigabits], nvlink=nvlink)


def random_model(random: Random) -> ModelSpec:
    """A model of a few layers, each so large that memory matters."""
    hidden = random.choice((8192, 16384, 32768))
    heads = random.choice((4, 8))
    width = random.choice((2048, 4096, 3072))
    experts: tuple[Experts, ...] = ()
    if random.random() < 0.6:
        routed = random.choice((8, 64, 256, 256))
        experts = (
            Experts(
                routed, random.choice((1, 4)), random.randint(0, 1), width, random.randint(0, 1)
            ),
        )
    names = random.sample(sorted(SIZES), random.randint(1, 3))
    return ModelSpec(
        name="random",
        architecture="DeepseekV3ForCausalLM",
        parameters=10**11,
        active_parameters=random.choice((10**9, 10**10)),
        layers=random.choice((1, 1, 2, 3, 5, 8)),
        hidden=hidden,
        intermediate=width * random.choice((8, 32, 128)),
        vocabulary=random.choice((1000, 128_000)),
        context=random.choice((8192, 131_072)),
        attention=random_attention(random, heads),
        experts=experts,
        draft_layers=random.randint(0, 1) if experts else 0,
        tied=random.random() < 0.3,
        licence="",
        formats=tuple(random_format(random, name) for name in names),
        source="",
    )


def random_attention(random: Random, heads: int) -> Attention:
    """Latent or grouped-query attention."""
    if random.random() < 0.5:
        return MultiHeadLatent(heads, random.choice((0, 1536)), 512, 128, 64, 128)
    return GroupedQuery(heads, random.choice((1, 2, 4)), 128)


def random_format(random: Random, name: str) -> WeightFormat:
    """A weight format; scales may span as many rows as some widths do not have."""
    size = SIZES[name]
    return WeightFormat(
        name=name,
        compute=COMPUTE[name],
        expert_bytes=size,
        linear_bytes=size,
        attention_bytes=size,
        other_bytes=2.0,
        block=random.choice((1, 1, 128, 1024)),
        checkpoint_bytes=10**10,
        arguments=(),
        repository="",
        source="",
    )


def random_constraints(random: Random, model: ModelSpec) -> Constraints:
    """Mostly no wish, sometimes one or two."""

    def seldom(*values: int) -> int:
        return random.choice(values) if random.random() < 0.12 else 0

    return Constraints(
        weight_format=random.choice(model.formats).name if random.random() < 0.1 else "",
        tensor_parallel=seldom(1, 2, 4),
        pipeline_parallel=seldom(1, 2, 3),
        attention_data_parallel=seldom(1, 2),
        expert_parallel=seldom(1, 2),
        groups=seldom(1, 2),
        context=seldom(4096, 8192),
        concurrency=random.choice((1, 1, 4, 37, 300, 3000)),
        typical_tokens=random.choice((640, 4096)),
        speculative=random.random() < 0.3,
    )
