"""The inference forward: a `lax.cond` around every sublayer, so that skipped ones cost nothing.

It computes what `ACoLViT.__call__` computes without training, on plain matrices `[N, D]` of one
image: the fastest that XLA has on CPU.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

from acolvit_jax.config import ModelConfig
from acolvit_jax.models import gates, layers, winograd
from acolvit_jax.models.elementwise import bfloat16_bits, from_bits, to_bfloat16
from acolvit_jax.models.prepared import BlockParams, Prepared, token_rows
from acolvit_jax.models.sublayers import add_attention, add_ffn, normalize

BUCKETS = 4  # sizes that a batch's computed part is rounded up to


def forward(
    prepared: Prepared,
    inputs: jax.Array,
    config: ModelConfig,
    *,
    budget: jax.Array | float | None = None,
    forced: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Colorizes one image; a sublayer that is not chosen is not computed.

    Args:
        prepared: from `prepare_params`.
        inputs: float32 `[1, S, S, 4]` (L, a, b, hint mask), normalized, a whole image.
        config: the architecture.
        budget: keep ratio in (0, 1]; for a model of any budget only.
        forced: `[depth, 2]`, decisions to take instead of the model's own.

    Returns:
        Normalized a, b, float32 `[1, S, S, 2]`, and decisions, float32 `[1, depth, 2]`.

    Raises:
        ValueError: for more than one image, or a budget that does not fit the model.
    """
    if inputs.shape[0] != 1:
        raise ValueError(
            f"one image at a time, got {inputs.shape[0]}: under a batch every cond computes both "
            "branches; use forward_batch"
        )
    x = embed(prepared, inputs[0], config, budget)
    decisions = []
    for i in range(config.depth):
        block = prepared.block(i)
        chosen = decide(block, x[0]) if forced is None else forced[i] > 0
        attend = functools.partial(add_attention, block=block, config=config)
        x = jax.lax.cond(chosen[0], attend, _pass, x)
        x = jax.lax.cond(chosen[1], functools.partial(add_ffn, block=block), _pass, x)
        decisions.append(chosen)
    return readout(prepared, x, config)[None], jnp.stack(decisions).astype(jnp.float32)[None]


def forward_batch(
    prepared: Prepared,
    inputs: jax.Array,
    config: ModelConfig,
    *,
    budget: jax.Array | float | None = None,
    forced: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Colorizes a batch whose images decide differently, for accelerators.

    The images that compute a sublayer are gathered into a bucket, the smallest of `BUCKETS` sizes
    that holds them: the time follows the number of computed sublayers, in steps of 1 / `BUCKETS`
    of the batch. (On CPU `forward`, one image after the other, is faster.)

    Args:
        prepared: from `prepare_params`.
        inputs: float32 `[B, S, S, 4]`, whole images.
        config: the architecture.
        budget: keep ratio in (0, 1], a number or `[B]`; for a model of any budget only.
        forced: `[B, depth, 2]`, decisions to take instead of the model's own.

    Returns:
        Normalized a, b, float32 `[B, S, S, 2]`, and decisions, float32 `[B, depth, 2]`.
    """
    budgets = None if budget is None else jnp.broadcast_to(budget, inputs.shape[:1])
    x = jax.vmap(lambda image, beta: embed(prepared, image, config, beta))(inputs, budgets)
    decisions = []
    for i in range(config.depth):
        block = prepared.block(i)
        if forced is None:
            chosen = jax.vmap(functools.partial(decide, block))(x[:, 0])
        else:
            chosen = forced[:, i] > 0
        attend = functools.partial(add_attention, block=block, config=config)
        x = _in_buckets(attend, x, chosen[:, 0])
        x = _in_buckets(functools.partial(add_ffn, block=block), x, chosen[:, 1])
        decisions.append(chosen)
    ab = jax.vmap(lambda tokens: readout(prepared, tokens, config))(x)
    return ab, jnp.stack(decisions, axis=1).astype(jnp.float32)


def _pass(x: jax.Array) -> jax.Array:
    return x


def _in_buckets(
    sublayer: Callable[[jax.Array], jax.Array], x: jax.Array, chosen: jax.Array
) -> jax.Array:
    """Applies a sublayer to the chosen images of `[B, N, D]`."""
    batch = x.shape[0]
    sizes = sorted({-(-batch * i // BUCKETS) for i in range(BUCKETS + 1)})
    order = jnp.argsort(~chosen, stable=True)  # the chosen ones first

    def compute(size: int) -> Callable[[jax.Array], jax.Array]:
        def branch(x: jax.Array) -> jax.Array:
            places = order[:size]
            part = jax.vmap(sublayer)(x[places])
            keep = chosen[places][:, None, None]  # the others only fill the bucket
            return x.at[places].set(jnp.where(keep, part, x[places]))

        return branch

    branches = [_pass, *(compute(size) for size in sizes[1:])]
    return jax.lax.switch(jnp.searchsorted(jnp.array(sizes), chosen.sum()), branches, x)


def embed(
    prepared: Prepared,
    image: jax.Array,
    config: ModelConfig,
    budget: jax.Array | float | None,
) -> jax.Array:
    """Tokens `[R, D]` of one image `[S, S, 4]`; row 0 is the policy token of a gated model.

    Rows behind the tokens are copies of row 0, for products that compute them anyway.

    Raises:
        ValueError: for a budget that is missing, or not taken by this model.
    """
    if (budget is not None) != config.any_budget:
        raise ValueError(f"{budget=} does not fit a model of {config.any_budget=}")
    table = layers.position_table(config.num_tokens, config.width)
    if prepared.embed.kernel.dtype == jnp.bfloat16:
        image = to_bfloat16(image)
    patches = layers.patchify(image[None], config.patch_size)[0]
    x = prepared.embed(patches) + table[int(config.gated) :]
    spare = token_rows(config) - config.num_tokens
    if prepared.policy is None:
        return _with_copies(x, spare)
    policy = prepared.policy
    if prepared.budget is not None and budget is not None:
        beta = jnp.asarray(budget, jnp.float32)
        powers = jnp.stack([beta, beta**2, jnp.ones_like(beta)])
        # Not rounded to bfloat16, where 0.3 would be 0.3008.
        policy += jnp.matmul(powers, prepared.budget, precision=jax.lax.Precision.HIGHEST)
    return _with_copies(jnp.concatenate([policy[None], x]), spare)


def _with_copies(x: jax.Array, count: int) -> jax.Array:
    """Tokens with copies of row 0 behind them; never a part of no rows, which ONNX has not."""
    if not count:
        return x
    return jnp.concatenate([x, jnp.broadcast_to(x[0], (count, x.shape[1]))])


def decide(block: BlockParams, policy_token: jax.Array) -> jax.Array:
    """Decisions of a block, bool `[2]`, from the policy token `[D]` at its input."""
    if "gate_kernel" not in block.vectors:
        return jnp.ones(2, bool)
    # A sum is faster here than a product, for which XLA on CPU would leave its own code.
    logits = (block.vectors["gate_kernel"] * policy_token).sum(axis=1)
    return gates.decide(logits + block.vectors["gate_bias"]) > 0


def readout(prepared: Prepared, x: jax.Array, config: ModelConfig) -> jax.Array:
    """Normalized a, b `[S, S, 2]` from the last tokens `[R, D]`."""
    x = normalize(x[int(config.gated) : config.num_tokens])
    side = config.grid_size
    if config.head == "linear":
        x = prepared.head(x)
    elif prepared.head.kernel.dtype == jnp.bfloat16:
        x = prepared.head(_neighborhoods(x, side))
    else:
        grid = jnp.pad(x.reshape(side, side, -1), ((1, 1), (1, 1), (0, 0)), mode="reflect")
        x = winograd.convolve(grid[None], jnp.asarray(prepared.head.kernel))
        x = x.reshape(side * side, -1) + prepared.head.bias
    x = jnp.tanh(x).reshape(side, side, config.patch_size, -1)
    # Laid side by side: XLA on CPU moves rows of patches whole then, where it would make one slow
    # loop of a transposition and the tanh before it.
    x = jnp.concatenate([x[:, j] for j in range(side)], axis=-1)  # [rows, P, S * 2]
    return x.reshape(config.image_size, config.image_size, -1)


def _neighborhoods(x: jax.Array, side: int) -> jax.Array:
    """The 3x3 tokens around each of a grid's tokens `[side * side, D]`, in bfloat16.

    Where products are this fast, one wide product beats Winograd's sixteen narrow ones. The border
    is reflected.
    """
    grid = bfloat16_bits(x).reshape(side, side, -1)
    grid = jnp.concatenate([grid[1:2], grid, grid[-2:-1]], axis=0)
    grid = jnp.concatenate([grid[:, 1:2], grid, grid[:, -2:-1]], axis=1)
    shifts = [grid[i : i + side, j : j + side] for i in range(3) for j in range(3)]
    return from_bits(jnp.concatenate(shifts, axis=-1).reshape(side * side, -1))
