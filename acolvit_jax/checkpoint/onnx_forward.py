"""The inference forward in the operations of ONNX.

`models.skipping.forward` is written for XLA; runtimes of ONNX have one operation each for what is
many there (LayerNorm, softmax, GELU), and arrange a matrix for its products when they load it, but
not a stack of matrices. What is computed is the same to rounding, which the export checks.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
from flax import nnx

from acolvit_jax.config import ModelConfig
from acolvit_jax.models import layers, skipping, winograd
from acolvit_jax.models.prepared import Array, BlockParams, Prepared


def forward(
    prepared: Prepared,
    inputs: jax.Array,
    config: ModelConfig,
    *,
    budget: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Colorizes one image as `models.skipping.forward` does.

    Args:
        prepared: from `prepare_params`, float32.
        inputs: float32 `[1, S, S, 4]`, a whole image.
        config: the architecture, of dtype float32.
        budget: float32 scalar, for a model of any budget only.

    Returns:
        Normalized a, b, float32 `[1, S, S, 2]`, and decisions, float32 `[1, depth, 2]`.
    """
    norm = nnx.LayerNorm(
        config.width,
        epsilon=layers.LAYER_NORM_EPSILON,
        use_scale=False,  # the model's scale and bias are in the matrices that follow
        use_bias=False,
        rngs=nnx.Rngs(0),
    )
    x = skipping.embed(prepared, inputs[0], config, budget)
    decisions = []
    for i in range(config.depth):
        block = prepared.block(i)
        chosen = skipping.decide(block, x[0])
        attend = functools.partial(_add_attention, block=block, config=config, norm=norm)
        x = jax.lax.cond(chosen[0], attend, lambda x: x, x)
        x = jax.lax.cond(
            chosen[1], functools.partial(_add_ffn, block=block, norm=norm), lambda x: x, x
        )
        decisions.append(chosen)
    colors = _readout(prepared, norm(x[int(config.gated) :]), config)
    return colors[None], jnp.stack(decisions).astype(jnp.float32)[None]


def _add_attention(
    x: jax.Array, block: BlockParams, config: ModelConfig, norm: nnx.LayerNorm
) -> jax.Array:
    qkv, table = block.linear("qkv")(norm(x)), block.kernels.get("table")
    parts = jnp.split(qkv, 3 * config.num_heads, axis=-1)
    heads = []
    for i in range(config.num_heads):
        q, k, v = parts[i :: config.num_heads]  # [N, D / A] each
        logits = jax.lax.dot_general(q, k, (((1,), (1,)), ((), ())))
        if table is not None:
            logits = logits + table[i]
        heads.append(jnp.dot(jax.nn.softmax(logits, axis=-1), v))
    return x + block.linear("proj")(jnp.concatenate(heads, axis=-1))


def _add_ffn(x: jax.Array, block: BlockParams, norm: nnx.LayerNorm) -> jax.Array:
    return x + block.linear("fc2")(jax.nn.gelu(block.linear("fc1")(norm(x)), approximate=False))


def _readout(prepared: Prepared, x: jax.Array, config: ModelConfig) -> jax.Array:
    """Normalized a, b `[S, S, 2]` of normalized tokens `[N, D]`."""
    side, patch = config.grid_size, config.patch_size
    if config.head == "linear":
        x = prepared.head(x)
    else:
        grid = jnp.pad(x.reshape(side, side, -1), ((1, 1), (1, 1), (0, 0)), mode="reflect")
        x = winograd.convolve(grid[None], prepared.head.kernel, _multiply)[0]
        x = x + prepared.head.bias
    x = jnp.tanh(x).reshape(side, side, patch, patch, -1)
    return x.transpose(0, 2, 1, 3, 4).reshape(config.image_size, config.image_size, -1)


def _multiply(tiles: jax.Array, kernel: Array) -> jax.Array:
    """`[16, T, D]` times `[16, D, F]`, a matrix at a time."""
    return jnp.stack([jnp.dot(tile, part) for tile, part in zip(tiles, kernel, strict=True)])
