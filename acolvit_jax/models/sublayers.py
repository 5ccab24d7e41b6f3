"""The sublayers of the inference forward, on the tokens of one image `[R, D]`.

R is N, or in bfloat16 the rows that its products compute anyway (`prepared.token_rows`).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.config import ModelConfig
from acolvit_jax.models import layers
from acolvit_jax.models.elementwise import normal_cdf, row_major, softmax_weights, to_bfloat16
from acolvit_jax.models.prepared import Array, BlockParams


def add_attention(x: jax.Array, block: BlockParams, config: ModelConfig) -> jax.Array:
    """Tokens `[R, D]` after the attention sublayer."""
    qkv = block.linear("qkv")(normalize(x))
    table, heads = block.kernels.get("table"), config.num_heads
    if block.is_bfloat16:
        return x + block.linear("proj")(_attend_in_bfloat16(qkv, table, heads, config.num_tokens))
    return x + block.linear("proj")(_attend(qkv, table, heads))


def _attend_in_bfloat16(qkv: jax.Array, table: Array | None, heads: int, tokens: int) -> jax.Array:
    """Attention `[R, D]` of `[R, 3 * D]`, all heads at once: the fastest form in bfloat16."""
    rows = len(qkv)
    q, k, v = (
        row_major(to_bfloat16(part.swapaxes(0, 1)))  # [A, R, D/A]
        for part in jnp.unstack(qkv.reshape(rows, 3, heads, -1), axis=1)
    )
    logits = jnp.einsum("ank,amk->anm", q, k, preferred_element_type=jnp.float32)
    if table is not None:
        logits = logits + table
    weights = softmax_weights(logits)
    if rows > tokens:
        weights = jnp.where(np.arange(rows) < tokens, weights, np.float32(0))
    # The barrier has weights written once, in half the bytes, for both that read them.
    weights = jax.lax.optimization_barrier(to_bfloat16(weights))
    total = weights.astype(jnp.float32).sum(axis=-1, keepdims=True)  # [A, R, 1]
    mixed = jnp.einsum("anm,amk->ank", weights, v, preferred_element_type=jnp.float32)
    # Dividing the values' sums instead of the weights saves a pass over [R, R].
    mixed, total = jax.lax.optimization_barrier((mixed, total))
    return row_major(to_bfloat16((mixed / total).swapaxes(0, 1))).reshape(rows, -1)


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
    """Tokens `[R, D]` after the FFN sublayer."""
    hidden = block.linear("fc1")(normalize(x))
    hidden = hidden * normal_cdf(hidden) if block.is_bfloat16 else layers.gelu(hidden)
    return x + block.linear("fc2")(hidden)


def normalize(x: jax.Array) -> jax.Array:
    """LayerNorm over the width, without scale and bias: those are in the next matrix."""
    centered = x - x.mean(axis=-1, keepdims=True)
    variance = (centered * centered).mean(axis=-1, keepdims=True)
    return centered * jax.lax.rsqrt(variance + layers.LAYER_NORM_EPSILON)
