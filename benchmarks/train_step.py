"""Images a second of a training step on this machine, against eager PyTorch in the same run.

    python -m benchmarks.train_step

Steps of all kinds take turns, so that a noisy machine is unfair to none. PyTorch's step is forward
and backward without an optimiser; ours has the optimiser in it. PyTorch is left out where it is
not installed.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import statistics
import time
from collections.abc import Callable

import jax
import numpy as np

from acolvit_jax.checkpoint.state import init_state
from acolvit_jax.config import Config, DataConfig
from acolvit_jax.config.training import TrainConfig
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.models.params import init_params
from acolvit_jax.training import sharding
from acolvit_jax.training.optimizer import make_optimizer
from acolvit_jax.training.step import make_train_step

BATCH = 32
ROUNDS = 9


def jax_step(*, gated: bool, window: int, micro_batch: int) -> Callable[[], None]:
    """A step of tiny that waits for its result."""
    config = Config(
        model=dataclasses.replace(VARIANTS["tiny"], gated=gated),
        data=DataConfig(window=window),
        train=TrainConfig(batch_size=BATCH, micro_batch=micro_batch, budget=0.5 if gated else None),
    )
    mesh = sharding.make_mesh(1)
    optimizer = make_optimizer(config.optimizer, config.train.steps)
    state = init_state(init_params(config.model, 0), optimizer, ema=False)
    shardings = sharding.state_shardings(state, mesh)
    step = make_train_step(config, optimizer, shardings, mesh)
    side = (window or config.model.grid_size) * config.model.patch_size
    rng = np.random.default_rng(0)
    batch = {
        "inputs": rng.normal(size=(BATCH, side, side, 4)).astype(np.float32),
        "target_ab": rng.uniform(-1, 1, (BATCH, side, side, 2)).astype(np.float32),
    }
    if window:
        batch["origin"] = np.zeros((BATCH, 2), np.int32)
    held = [jax.device_put(state, shardings)]

    def run() -> None:
        held[0], metrics = step(held[0], sharding.put_batch(batch, mesh))
        metrics["loss"].block_until_ready()

    return run


def torch_step() -> Callable[[], None]:
    """Forward and backward of the dense model in eager PyTorch."""
    import torch

    from benchmarks.torch_baseline import DenseColorizer

    torch.manual_seed(0)
    model = DenseColorizer()
    inputs, target = torch.randn(BATCH, 4, 224, 224), torch.rand(BATCH, 2, 224, 224)

    def run() -> None:
        model.zero_grad(set_to_none=True)
        torch.nn.functional.huber_loss(model(inputs), target, delta=0.01).backward()

    return run


def main() -> None:
    kinds = {
        "dense": jax_step(gated=False, window=0, micro_batch=0),
        "dense, the whole batch at once": jax_step(gated=False, window=0, micro_batch=BATCH),
        "A-ColViT 0.5": jax_step(gated=True, window=0, micro_batch=0),
        "dense, windows of 7x7 patches": jax_step(gated=False, window=7, micro_batch=0),
    }
    if importlib.util.find_spec("torch"):
        kinds["dense, eager PyTorch (no optimizer)"] = torch_step()
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for step in kinds.values():
        step()  # compiles
    for _ in range(ROUNDS):
        for name, step in kinds.items():
            start = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - start)
    print(f"| training step, tiny, batch {BATCH} | images/s, median | slowest to fastest |")
    print("| :--- | ---: | ---: |")
    for name, taken in times.items():
        rates = sorted(BATCH / t for t in taken)
        middle = statistics.median(rates)
        print(f"| {name} | {middle:.1f} | {rates[0]:.1f} to {rates[-1]:.1f} |")


if __name__ == "__main__":
    main()
