"""Images a second of a training step on this machine, against eager PyTorch in the same run.

    python -m benchmarks.train_step [--only dense] [--rounds 5]

Steps of all kinds take turns, so that a noisy machine is unfair to none. PyTorch's step is forward
and backward without an optimizer; ours has the optimizer in it. PyTorch is left out where it is
not installed.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence

import jax
import numpy as np

from acolvit_jax.checkpoint.state import init_state
from acolvit_jax.common import cli
from acolvit_jax.common.processor import multiplies_bfloat16
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import Config, DataConfig
from acolvit_jax.config.training import TrainConfig
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.models.params import init_params
from acolvit_jax.training import sharding
from acolvit_jax.training.optimizer import make_optimizer
from acolvit_jax.training.step import make_train_step

BATCH = 32


def jax_step(
    dtype: str, *, gated: bool = False, window: int = 0, micro_batch: int = 0
) -> Callable[[], None]:
    """A step of tiny that waits for its result."""
    config = Config(
        model=dataclasses.replace(VARIANTS["tiny"], gated=gated, dtype=dtype),
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


def torch_step(dtype: str) -> Callable[[], None]:
    """Forward and backward of the dense model in eager PyTorch, bfloat16 by autocast."""
    import torch

    from benchmarks.torch_baseline import DenseColorizer

    torch.manual_seed(0)
    model = DenseColorizer()
    inputs, target = torch.randn(BATCH, 4, 224, 224), torch.rand(BATCH, 2, 224, 224)

    def run() -> None:
        model.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
            ab = model(inputs)
        torch.nn.functional.huber_loss(ab.float(), target, delta=0.01).backward()

    return run


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="kinds of steps whose name starts so")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(argv)
    dtypes = ["float32", *(["bfloat16"] if multiplies_bfloat16() else [])]
    makers: dict[str, Callable[[str], Callable[[], None]]] = {
        "dense": jax_step,
        "A-ColViT 0.5": lambda dtype: jax_step(dtype, gated=True),
        "dense, windows of 7x7 patches": lambda dtype: jax_step(dtype, window=7),
    }
    if importlib.util.find_spec("torch"):
        makers["dense, eager PyTorch (no optimizer)"] = torch_step
    kinds = {
        (name, dtype): make(dtype)
        for dtype in dtypes
        for name, make in makers.items()
        if name.startswith(args.only)
    }
    times: dict[tuple[str, str], list[float]] = {kind: [] for kind in kinds}
    for step in kinds.values():
        step()  # compiles
    for _ in range(args.rounds):
        for kind, step in kinds.items():
            start = time.perf_counter()
            step()
            times[kind].append(time.perf_counter() - start)
    rows = []
    for (name, dtype), taken in times.items():
        rates = sorted(BATCH / t for t in taken)
        ratio = statistics.median(times[name, "float32"]) / statistics.median(taken)
        spread = f"{rates[0]:.1f} to {rates[-1]:.1f}"
        rows.append([name, dtype, f"{statistics.median(rates):.1f}", spread, f"{ratio:.2f}"])
    headings = [
        "training step, tiny, batch 32",
        "products",
        "images/s, median",
        "slowest to fastest",
    ]
    print(markdown_table([*headings, "to its float32"], rows))


if __name__ == "__main__":
    cli.run(main)
