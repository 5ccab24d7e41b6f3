"""What one accelerator does: the training step, and a batch that skips against one that does not.

    python -m benchmarks.accelerator [--batch 256] [--size tiny] [--rounds 10] [--json FILE]

The share of the peak is that of one large bfloat16 product of matrices, timed in the same turns.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from acolvit_jax.checkpoint.state import init_state
from acolvit_jax.common import cli
from acolvit_jax.config import AUTO_DTYPE, DTYPES, Config, ModelConfig
from acolvit_jax.config.training import OptimizerConfig, TrainConfig
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.inference import timing
from acolvit_jax.inference.compilation import compile_forward
from acolvit_jax.models.compute import forward_macs
from acolvit_jax.models.params import graphdef_of, init_params
from acolvit_jax.models.prepared import prepare_params
from acolvit_jax.training import sharding
from acolvit_jax.training.optimizer import make_optimizer
from acolvit_jax.training.step import make_train_step

KEEP = (1.0, 0.5, 0.3)
STEP_OVER_FORWARD = 3  # operations of forward and backward


def step_call(model: ModelConfig, batch_size: int) -> Callable[[], Any]:
    """An optimizer step of the dense model on one device, that waits for its result."""
    config = Config(
        model=model,
        optimizer=OptimizerConfig(name="muon"),
        train=TrainConfig(batch_size=batch_size, budget=None),
    )
    mesh = sharding.make_mesh(1)
    optimizer = make_optimizer(config.optimizer, config.train.steps)
    state = init_state(init_params(model, 0), optimizer, ema=False)
    shardings = sharding.state_shardings(state, mesh)
    step = make_train_step(config, optimizer, shardings, mesh)
    inputs = timing.random_inputs(model, batch_size, 0)
    batch = sharding.put_batch({"inputs": inputs, "target_ab": inputs[..., :2]}, mesh)
    held = [jax.device_put(state, shardings)]

    def run() -> None:
        held[0], metrics = step(held[0], batch)
        metrics["loss"].block_until_ready()

    return run


def product_call(side: int) -> Callable[[], Any]:
    """A product of two square bfloat16 matrices."""
    matrix = jnp.asarray(np.random.default_rng(0).normal(size=(side, side)), jnp.bfloat16)
    program = jax.jit(jnp.matmul)
    return lambda: program(matrix, matrix).block_until_ready()


def forward_calls(model: ModelConfig, batch_size: int) -> dict[str, Callable[[], Any]]:
    """The batch that gathers what is computed, by kept share, and the plain batch."""
    params = init_params(model, 0)
    inputs = jax.device_put(timing.random_inputs(model, batch_size, 0))
    graphdef = graphdef_of(model)
    plain = jax.jit(lambda p, x: nnx.merge(graphdef, p)(x, train=False)[0])
    held = jax.device_put(params)
    calls: dict[str, Callable[[], Any]] = {"plain": lambda: plain(held, inputs).block_until_ready()}
    program, prepared = (
        compile_forward(model, batch=batch_size, forced=True),
        prepare_params(params, model),
    )
    placed = jax.device_put(prepared)
    for keep in KEEP:
        decisions = jax.device_put(timing.random_decisions(model, keep, batch_size, 0))
        calls[f"kept {keep:g}"] = lambda d=decisions: jax.block_until_ready(
            program(placed, inputs, None, d)
        )
    return calls


def measure(model: ModelConfig, batch_size: int, side: int, rounds: int) -> dict[str, Any]:
    """Times everything in turns.

    Args:
        model: A-ColViT of a fixed budget; steps are timed without its gates.
        batch_size: images at once.
        side: of the matrices whose product is the peak.
        rounds: times that everything is run.

    Returns:
        Numbers by name.
    """
    dense = dataclasses.replace(model, gated=False)
    kinds = {
        f"step {dtype}": step_call(dataclasses.replace(dense, dtype=dtype), batch_size)
        for dtype in DTYPES
        if dtype != AUTO_DTYPE
    }
    kinds |= forward_calls(model, batch_size) | {"product": product_call(side)}
    taken = timing.time_in_turns({name: [call] for name, call in kinds.items()}, rounds)
    peak = 2 * side**3 / taken["product"].median
    forward = 2 * float(forward_macs(np.ones((1, dense.depth, 2)), dense)[0])
    rows = {}
    for name, found in taken.items():
        if name == "product":
            continue
        rate = batch_size / found.median
        rows[name] = {"images_per_second": rate, "seconds": found.median}
        if name.startswith("step"):
            rows[name]["share_of_peak"] = rate * forward * STEP_OVER_FORWARD / peak
        else:
            rows[name]["over_plain"] = taken["plain"].median / found.median
    device = jax.devices()[0].device_kind
    return {"device": device, "batch": batch_size, "peak_flops": peak, "rows": rows}


def markdown(report: dict[str, Any]) -> str:
    """The tables."""
    lines = [
        f"{report['device']}, batches of {report['batch']}; one large bfloat16 product: "
        f"{report['peak_flops'] / 1e12:.1f} TFLOP/s",
        "",
        "| | images/s | share of that | against the plain batch |",
        "| :--- | ---: | ---: | ---: |",
    ]
    for name, row in report["rows"].items():
        share = f"{row['share_of_peak']:.0%}" if "share_of_peak" in row else ""
        ratio = f"{row['over_plain']:.2f}" if "over_plain" in row else ""
        lines.append(f"| {name} | {row['images_per_second']:,.1f} | {share} | {ratio} |")
    return "\n".join(lines)


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description="Times one accelerator.")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--size", choices=list(VARIANTS), default="tiny")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--product", type=int, default=8192, help="side of its matrices")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    report = measure(VARIANTS[args.size], args.batch, args.product, args.rounds)
    print(markdown(report))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    cli.run(main)
