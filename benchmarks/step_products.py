"""What the matrix products of a dense training step cost alone, and the step, in XLA and PyTorch.

    taskset -c 1 python -m benchmarks.step_products [--rounds 9]

Tiny, a batch of 32, operands of bfloat16 that lie in memory as the product reads them; XLA sums in
float32, PyTorch rounds the result to bfloat16. All take turns; times are the process's CPU time,
of one product times how often a step has it. The steps are those of `benchmarks.train_step`: ours
has the optimizer in it. PyTorch is left out where it is not installed.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.common import cli
from acolvit_jax.common.jax_settings import compiler_options
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.inference.timing import time_in_turns
from benchmarks.train_step import BATCH, jax_step, torch_step

MODEL = VARIANTS["tiny"]
TOKENS = MODEL.grid_size**2
HEAD = MODEL.width // MODEL.num_heads


@dataclass(frozen=True)
class Product:
    """`[batch, m, k]` times `[batch, k, n]`, `times` a step; `batch` 0 is one product of matrices.

    `flipped` has the second operand as `[batch, n, k]`.
    """

    batch: int
    m: int
    k: int
    n: int
    times: int
    flipped: bool = False

    @property
    def flops(self) -> float:
        """Of all of a step."""
        return 2.0 * max(1, self.batch) * self.m * self.k * self.n * self.times

    def operands(self) -> tuple[np.ndarray, np.ndarray]:
        """Random ones, float32."""
        rng = np.random.default_rng(0)
        second = (self.n, self.k) if self.flipped else (self.k, self.n)
        batch = (self.batch,) if self.batch else ()
        return tuple(
            rng.normal(size=batch + shape).astype(np.float32)
            for shape in ((self.m, self.k), second)
        )  # type: ignore[return-value]


def products() -> dict[str, list[Product]]:
    """Those of a step, by what they are for."""
    rows, width = BATCH * TOKENS, MODEL.width
    maps = [  # inputs, outputs, how many there are
        (width, 3 * width, MODEL.depth),
        (width, width, MODEL.depth),
        (width, MODEL.mlp_ratio * width, MODEL.depth),
        (MODEL.mlp_ratio * width, width, MODEL.depth),
        (4 * MODEL.patch_size**2, width, 1),
        (9 * width, 2 * MODEL.patch_size**2, 1),
    ]
    heads = BATCH * MODEL.num_heads
    return {
        "linear maps: x W": [Product(0, rows, k, n, count) for k, n, count in maps],
        "linear maps: dy W^T": [Product(0, rows, n, k, count, True) for k, n, count in maps],
        "linear maps: x^T dy": [Product(0, k, rows, n, count) for k, n, count in maps],
        "attention: [N, D] [D, N]": [Product(heads, TOKENS, HEAD, TOKENS, 2 * MODEL.depth, True)],
        "attention: [N, N] [N, D]": [Product(heads, TOKENS, TOKENS, HEAD, 4 * MODEL.depth)],
    }


def in_jax(product: Product) -> Callable[[], Any]:
    a, b = (jnp.asarray(x, jnp.bfloat16) for x in product.operands())
    axes = range(1) if product.batch else ()
    last = a.ndim - 1
    contracted = ((last,), (last if product.flipped else last - 1,))
    dot = jax.jit(
        lambda a, b: jax.lax.dot_general(
            a, b, (contracted, (axes, axes)), preferred_element_type=jnp.float32
        ),
        compiler_options=compiler_options(),
    )
    return lambda: dot(a, b).block_until_ready()


def in_torch(product: Product) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    a, b = (torch.from_numpy(x).bfloat16() for x in product.operands())
    b = b.transpose(-1, -2) if product.flipped else b
    return lambda: torch.matmul(a, b)


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args(argv).rounds
    makers, steps = {"XLA": in_jax}, {"XLA": [jax_step("bfloat16")]}
    if importlib.util.find_spec("torch"):
        makers["PyTorch"], steps["PyTorch"] = in_torch, [torch_step("bfloat16")]
    kinds = products()
    calls = {
        (name, place, maker): [make(product)]
        for name, some in kinds.items()
        for place, product in enumerate(some)
        for maker, make in makers.items()
    }
    taken = time_in_turns(calls, rounds, time.process_time)
    rows, total = [], dict.fromkeys(makers, 0.0)
    for name, some in kinds.items():
        flops = sum(product.flops for product in some)
        row = [name, f"{flops / 1e9:.1f}"]
        for maker in makers:
            spent = sum(taken[name, i, maker].median * p.times for i, p in enumerate(some))
            total[maker] += spent
            row += [f"{1e3 * spent:.0f}", f"{flops / spent / 1e9:.0f}"]
        rows.append(row)
    flops = sum(product.flops for some in kinds.values() for product in some)
    whole = {
        maker: spent.median
        for maker, spent in time_in_turns(steps, rounds, time.process_time).items()
    }
    for name, seconds in (("all products", total), ("the whole step", whole)):
        pairs = [[f"{1e3 * spent:.0f}", f"{flops / spent / 1e9:.0f}"] for spent in seconds.values()]
        rows.append([name, f"{flops / 1e9:.1f}", *(cell for pair in pairs for cell in pair)])
    headings = [heading for maker in makers for heading in (f"{maker}, ms", "GFLOP/s")]
    print(markdown_table(["", "GFLOP", *headings], rows))


if __name__ == "__main__":
    cli.run(main)
