"""Timing of the forward: what is computed, how long it takes, and the floor under it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.config import ModelConfig
from acolvit_jax.inference.compilation import Program
from acolvit_jax.models.compute import forward_macs, head_taps
from acolvit_jax.models.layers import INPUT_CHANNELS, OUTPUT_CHANNELS

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Timing:
    """Seconds of one kind of call.

    Attributes:
        median: over the runs.
        low: 10th percentile.
        high: 90th percentile.
        runs: how many.
    """

    median: float
    low: float
    high: float
    runs: int

    def divided(self, parts: int) -> Timing:
        """The time of one of several equal parts of a call."""
        return Timing(self.median / parts, self.low / parts, self.high / parts, self.runs)


def time_in_turns(
    calls: Mapping[Key, Sequence[Callable[[], Any]]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[Key, Timing]:
    """Times several kinds of calls, taking turns, so that a noisy machine is unfair to none.

    Args:
        calls: by name, the calls of a kind; each waits for its result. All are run once before.
        rounds: times that every call is run.
        clock: what tells the seconds; `time.process_time` where others use the cores too.

    Returns:
        By name, seconds a call.
    """
    for kind in calls.values():
        for call in kind:
            call()
    taken: dict[Key, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, kind in calls.items():
            for call in kind:
                start = clock()
                call()
                taken[name].append(clock() - start)
    return {name: timing_of(values) for name, values in taken.items()}


def timing_of(seconds: Sequence[float]) -> Timing:
    """Median and spread of some times."""
    low, high = np.percentile(seconds, [10, 90])
    return Timing(statistics.median(seconds), float(low), float(high), len(seconds))


def random_decisions(config: ModelConfig, keep: float, count: int, seed: int) -> np.ndarray:
    """Fixed random patterns of computed sublayers.

    Args:
        config: the architecture.
        keep: share of the sublayers to compute, in [0, 1].
        count: patterns.
        seed: of the draw.

    Returns:
        float32 `[count, depth, 2]`, each with `round(keep * 2 * depth)` ones.
    """
    rng = np.random.default_rng(seed)
    total = 2 * config.depth
    patterns = np.zeros((count, total), np.float32)
    for row in patterns:
        row[rng.choice(total, round(keep * total), replace=False)] = 1.0
    return patterns.reshape(count, config.depth, 2)


def mean_macs(decisions: np.ndarray, config: ModelConfig) -> float:
    """Mean multiply-accumulates of patterns `[count, depth, 2]`."""
    return float(forward_macs(decisions, config).mean())


def random_inputs(config: ModelConfig, count: int, seed: int) -> np.ndarray:
    """Inputs of the right range, float32 `[count, S, S, 4]`: the time does not depend on them."""
    side = config.image_size
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (count, side, side, 4)).astype(np.float32)


def single_calls(
    program: Program, prepared: Any, inputs: np.ndarray, patterns: np.ndarray, budget: Any
) -> list[Callable[[], Any]]:
    """Calls of a forced program on the first image, one pattern each.

    Args:
        program: compiled for decisions from outside.
        prepared: its parameters.
        inputs: `[count, S, S, 4]`.
        patterns: decisions `[count, depth, 2]`.
        budget: of a model of any budget, None for others.

    Returns:
        A call for each pattern; it ends when the result is there.
    """
    image = jax.device_put(inputs[:1])

    def call_of(pattern: np.ndarray) -> Callable[[], Any]:
        placed = jax.device_put(pattern)
        return lambda: jax.block_until_ready(program(prepared, image, budget, placed))

    return [call_of(pattern) for pattern in patterns]


def batch_call(
    program: Program,
    prepared: Any,
    inputs: np.ndarray,
    patterns: np.ndarray,
    budget: Any,
    threads: int,
) -> Callable[[], Any]:
    """A call that computes a batch, an image and its pattern a task.

    Args:
        program: as `single_calls` takes it, as what follows.
        prepared: its parameters.
        inputs: `[B, S, S, 4]`.
        patterns: decisions `[B, depth, 2]`.
        budget: of a model of any budget, None for others.
        threads: that XLA has; with more than one, twice as many tasks wait for them.

    Returns:
        The call; it ends when all results are there.
    """
    images = [jax.device_put(image[None]) for image in inputs]
    placed = [jax.device_put(pattern) for pattern in patterns]
    pool = ThreadPoolExecutor(1 if threads == 1 else 2 * threads)

    def one(pair: tuple[jax.Array, jax.Array]) -> None:
        jax.block_until_ready(program(prepared, pair[0], budget, pair[1]))

    return lambda: list(pool.map(one, zip(images, placed, strict=True)))


def floor_call(config: ModelConfig) -> Callable[[], Any]:
    """A call that computes nothing but the full forward's products of matrices, in its dtype.

    The 3x3 head counts as a product over its nine taps: what Winograd saves there is not in the
    floor.
    """
    n, d, patches = config.num_tokens, config.width, config.grid_size**2
    hidden, pixels = config.mlp_ratio * d, config.patch_size**2
    head_width = d // config.num_heads
    block = [
        (n, d, 3 * d),
        *[(n, head_width, n), (n, n, head_width)] * config.num_heads,
        (n, d, d),
        (n, d, hidden),
        (n, hidden, d),
    ]
    shapes = [
        (patches, pixels * INPUT_CHANNELS, d),
        *block * config.depth,
        (patches, head_taps(config) * d, pixels * OUTPUT_CHANNELS),
    ]
    rng = np.random.default_rng(0)
    # Operands of its own for every product: XLA would compute equal products only once.
    dtype = jnp.dtype(config.dtype)
    operands = [
        tuple(jax.device_put(rng.normal(size=size).astype(dtype)) for size in ((m, k), (k, f)))
        for m, k, f in shapes
    ]

    def multiply(pairs: Any) -> list[jax.Array]:
        return [jnp.matmul(a, b, preferred_element_type=jnp.float32) for a, b in pairs]

    program = jax.jit(multiply).lower(operands).compile()
    return lambda: jax.block_until_ready(program(operands))


def floor_macs(config: ModelConfig) -> float:
    """Multiply-accumulates of `floor_call`."""
    return float(forward_macs(np.ones((config.depth, 2)), config))
