"""A cost model on paper of the paper's recipe on large machines: docs/scaling.md's tables.

    python -m benchmarks.scaling_model

Counts come from this repository; constants of machines from the public pages named beside them.
Prices change: they are list prices on demand, in US dollars, as those pages gave them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.models.compute import forward_macs
from acolvit_jax.models.params import param_count, param_shapes

IMAGES = 1_281_167
EPOCHS = 25
BATCH = 512  # the larger of the recipe's
BACKWARD = 2.0  # a backward pass costs about two forward passes
STATE_COPIES = 4  # float32 parameters, two moments, an average
JPEG_BYTES = 115_000  # mean of ImageNet's training photos: 138 GiB over 1,281,167
SENT_BYTES = 224 * 224 * 3 * 2 + 112 * 112  # an image on its way: L, a, b in int16, hinted cells
INPUT_BYTES = SENT_BYTES + 224 * 224 * (4 + 2) * 4  # and what the device draws: inputs and targets
IMAGES_A_CORE = 275.0  # benchmarks.input_pipeline, one core of an Intel Xeon with AMX
ALLREDUCE_LATENCY = 20e-6  # seconds a step, for arrays as small as ours


@dataclass(frozen=True)
class Machine:
    """One kind of machine.

    Attributes:
        name: of chips and host.
        chips: in all.
        hosts: in all.
        peak: bf16 FLOP/s of a chip.
        utilization: share of it that a small vision transformer reaches (an assumption).
        memory: bytes of a chip.
        link: bytes/s between chips, each.
        cores: of a host, half of its virtual CPUs: two of those share a core.
        dollars: an hour for all of it, on demand.
        source: of the constants.
    """

    name: str
    chips: int
    hosts: int
    peak: float
    utilization: float
    memory: float
    link: float
    cores: int
    dollars: float
    source: str


TPU = "cloud.google.com/tpu/docs/v5e, /v5p; cloud.google.com/tpu/pricing"
MACHINES = (
    Machine("v5e-8", 8, 1, 197e12, 0.25, 16e9, 200e9, 112, 8 * 1.20, TPU),
    Machine("v5p-64", 32, 8, 459e12, 0.25, 95e9, 600e9, 104, 32 * 4.20, TPU),
    Machine(
        "8 x H100", 8, 1, 989e12, 0.20, 80e9, 450e9, 96, 55.0,
        "nvidia.com/en-us/data-center/h100; aws.amazon.com/ec2/instance-types/p5",
    ),
    Machine(
        "4 x A100", 4, 1, 312e12, 0.25, 40e9, 300e9, 24, 14.7,
        "nvidia.com/en-us/data-center/a100; cloud.google.com/compute/gpus-pricing",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Prediction:
    """What the model says of one machine.

    Attributes:
        compute: seconds of a step's arithmetic.
        allreduce: seconds to sum the gradients, if nothing hides it.
        images_per_second: of all chips.
        cores_a_host: that the input pipeline needs.
        input_bound: whether a host has fewer.
        state_bytes: of a chip, replicated.
        activation_bytes: of a chip, without remat.
        hours: of the whole run, input included.
        dollars: of the whole run.
    """

    compute: float
    allreduce: float
    images_per_second: float
    cores_a_host: float
    input_bound: bool
    state_bytes: float
    activation_bytes: float
    hours: float
    dollars: float


def train_flops(config: ModelConfig) -> float:
    """FLOPs of one training image: every sublayer is computed and masked, forward and backward."""
    macs = float(forward_macs(np.ones((config.depth, 2)), config))
    return 2.0 * macs * (1.0 + BACKWARD)


def activation_bytes(config: ModelConfig) -> float:
    """Bytes that the backward pass keeps of one image, bf16 products, float32 residual stream."""
    n, d, a = config.num_tokens, config.width, config.num_heads
    products = 2 * n * (3 * d + d + d + config.mlp_ratio * d * 2)
    attention = (4 + 2) * a * n * n
    stream = 4 * n * d * 4
    return float(config.depth * (products + attention + stream))


def allreduce_seconds(parameters: int, chips: int, link: float) -> float:
    """A ring's time for float32 gradients: each chip sends `2 (n - 1) / n` of them."""
    return 2 * (chips - 1) / chips * 4 * parameters / link + ALLREDUCE_LATENCY


@functools.cache
def _parameters(config: ModelConfig) -> int:
    return param_count(param_shapes(config))


def predict(config: ModelConfig, machine: Machine) -> Prediction:
    """Predicts the paper's recipe on a machine."""
    parameters = _parameters(config)
    batch = BATCH / machine.chips
    compute = batch * train_flops(config) / (machine.peak * machine.utilization)
    allreduce = allreduce_seconds(parameters, machine.chips, machine.link)
    rate = BATCH / (compute + allreduce)
    cores = rate / machine.hosts / IMAGES_A_CORE
    fed = min(rate, machine.hosts * machine.cores * IMAGES_A_CORE)
    hours = EPOCHS * IMAGES / fed / 3600
    return Prediction(
        compute,
        allreduce,
        rate,
        cores,
        cores > machine.cores,
        STATE_COPIES * 4.0 * parameters,
        batch * (activation_bytes(config) + INPUT_BYTES),
        hours,
        hours * machine.dollars,
    )


def tables() -> str:
    """All predictions as Markdown."""
    parts = []
    for size in VARIANTS:
        rows = []
        for machine in MACHINES:
            p = predict(VARIANTS[size], machine)
            limit = "input" if p.input_bound else "arithmetic"
            rows.append(
                [
                    machine.name,
                    f"{p.compute * 1e3:.2f}",
                    f"{p.allreduce * 1e3:.2f}",
                    f"{p.images_per_second:,.0f}",
                    f"{p.cores_a_host:,.0f} of {machine.cores}",
                    f"{p.images_per_second * JPEG_BYTES / machine.hosts / 1e9:.1f}",
                    f"{p.state_bytes / 1e9:.2f} + {p.activation_bytes / 1e9:.2f}",
                    limit,
                    f"{p.hours:.2f}",
                    f"{p.dollars:,.0f}",
                ]
            )
        headings = [
            size,
            "arithmetic, ms a step",
            "all-reduce, ms",
            "images/s that the chips could do",
            "cores a host for that",
            "GB/s of JPEGs a host",
            "GB a chip, state + activations",
            "limit",
            "hours",
            "US dollars",
        ]
        parts.append(markdown_table(headings, rows))
    return "\n\n".join(parts)


def main(argv: Sequence[str]) -> None:
    cli.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(argv)
    print(tables())


if __name__ == "__main__":
    cli.run(main)
