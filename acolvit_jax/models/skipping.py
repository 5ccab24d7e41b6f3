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
from acolvit_jax.models import gates, layers, products, winograd
from acolvit_jax.models.prepared import Array, BlockParams, Prepared

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
        attend = functools.partial(add_attention, block=block, num_heads=config.num_heads)
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
        attend = functools.partial(add_attention, block=block, num_heads=config.num_heads)
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
    """Tokens `[N, D]` of one image `[S, S, 4]`; row 0 is the policy token of a gated model."""
    if (budget is not None) != config.any_budget:
        raise ValueError(f"{budget=} does not fit a model of {config.any_budget=}")
    table = layers.position_table(config.num_tokens, config.width)
    patches = layers.patchify(image[None], config.patch_size)[0]
    x = prepared.embed(patches) + table[int(config.gated) :]
    if prepared.policy is None:
        return x
    policy = prepared.policy
    if prepared.budget is not None and budget is not None:
        beta = jnp.asarray(budget, jnp.float32)
        powers = jnp.stack([beta, beta**2, jnp.ones_like(beta)])
        # Not rounded to bfloat16, where 0.3 would be 0.3008.
        policy += jnp.matmul(powers, prepared.budget, precision=jax.lax.Precision.HIGHEST)
    return jnp.concatenate([policy[None], x])


def decide(block: BlockParams, policy_token: jax.Array) -> jax.Array:
    """Decisions of a block, bool `[2]`, from the policy token `[D]` at its input."""
    if "gate_kernel" not in block.vectors:
        return jnp.ones(2, bool)
    # A sum is faster here than a product, for which XLA on CPU would leave its own code.
    logits = (block.vectors["gate_kernel"] * policy_token).sum(axis=1)
    return gates.decide(logits + block.vectors["gate_bias"]) > 0


def add_attention(x: jax.Array, block: BlockParams, num_heads: int) -> jax.Array:
    """Tokens `[N, D]` after the attention sublayer."""
    qkv = block.linear("qkv")(_normalize(x))
    attend = _attend_in_bfloat16 if block.kernels["qkv"].dtype == jnp.bfloat16 else _attend
    return x + block.linear("proj")(attend(qkv, block.kernels.get("table"), num_heads))


def _attend_in_bfloat16(qkv: jax.Array, table: Array | None, num_heads: int) -> jax.Array:
    """Attention `[N, D]` of `[N, 3 * D]`, all heads at once: the fastest form in bfloat16."""
    qkv = qkv.reshape(len(qkv), 3, num_heads, -1)
    q, k, v = (qkv[None, :, i].swapaxes(1, 2) for i in range(3))  # [1, A, N, D/A]
    bias = None if table is None else jnp.asarray(table)
    heads = products.attend(q, k, v, bias)[0]
    return jnp.concatenate(list(heads), axis=-1)  # faster than a transposition


def _attend(qkv: jax.Array, table: Array | None, num_heads: int) -> jax.Array:
    """Attention `[N, D]` of `[N, 3 * D]`, a head at a time: the fastest form in float32."""
    q, k, v = jnp.split(qkv, 3, axis=-1)
    heads = []
    for i, (q_i, k_i, v_i) in enumerate(
        zip(*(jnp.split(t, num_heads, axis=-1) for t in (q, k, v)), strict=True)
    ):
        logits = jnp.dot(q_i, k_i.T)  # [N, N]
        if table is not None:
            logits = logits + table[i]
        weights = jnp.exp(logits - logits.max(axis=-1, keepdims=True))
        mixed = jnp.dot(weights, v_i)
        # Dividing the 64 sums instead of the 197 weights of a token saves a pass over [N, N].
        heads.append(mixed / weights.sum(axis=-1, keepdims=True))
    return jnp.concatenate(heads, axis=-1)


def add_ffn(x: jax.Array, block: BlockParams) -> jax.Array:
    """Tokens `[N, D]` after the FFN sublayer."""
    hidden = layers.gelu(block.linear("fc1")(_normalize(x)))
    return x + block.linear("fc2")(hidden)


def _normalize(x: jax.Array) -> jax.Array:
    """LayerNorm over the width, without scale and bias: those are in the next matrix."""
    centered = x - x.mean(axis=-1, keepdims=True)
    variance = (centered * centered).mean(axis=-1, keepdims=True)
    return centered * jax.lax.rsqrt(variance + layers.LAYER_NORM_EPSILON)


def readout(prepared: Prepared, x: jax.Array, config: ModelConfig) -> jax.Array:
    """Normalized a, b `[S, S, 2]` from the last tokens `[N, D]`."""
    x = _normalize(x[int(config.gated) :])
    side = config.grid_size
    if config.head == "cnn":
        grid = jnp.pad(x.reshape(side, side, -1), ((1, 1), (1, 1), (0, 0)), mode="reflect")
        x = winograd.convolve(grid[None], jnp.asarray(prepared.head.kernel))
        x = x.reshape(side * side, -1) + prepared.head.bias
    else:
        x = prepared.head(x)
    return layers.pixel_shuffle(jnp.tanh(x)[None], (side, side), config.patch_size)[0]
