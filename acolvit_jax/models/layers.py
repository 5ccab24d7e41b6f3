"""Layers of the transformer.

Axes: B batch, H rows, W columns, P patch, N tokens, D width, A heads.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from acolvit_jax.config import ModelConfig
from acolvit_jax.models import products
from acolvit_jax.models.elementwise import row_major
from acolvit_jax.models.precision import resolve_dtype

INPUT_CHANNELS = 4  # L, a, b, hint mask
OUTPUT_CHANNELS = 2  # a, b
LAYER_NORM_EPSILON = 1e-6

_xavier = nnx.initializers.xavier_uniform()
truncated_normal = nnx.initializers.truncated_normal(0.02)


def patchify(images: jax.Array, patch_size: int) -> jax.Array:
    """Cuts images into flat patches.

    Args:
        images: `[B, H, W, C]`, H and W multiples of `patch_size`.
        patch_size: side P of a patch, in pixels.

    Returns:
        `[B, H/P * W/P, P * P * C]`: patches in raster order, each flat as (row, column, channel).
    """
    b, h, w, c = images.shape
    p = patch_size
    # Rows of a patch are moved whole, p * c numbers at a time.
    x = images.reshape(b, h // p, p, w // p, p * c).swapaxes(2, 3)
    if x.dtype == jnp.bfloat16:
        x = row_major(x)  # else a slow loop of rounding and transposing
    return x.reshape(b, (h // p) * (w // p), p * p * c)


def pixel_shuffle(patches: jax.Array, grid: tuple[int, int], patch_size: int) -> jax.Array:
    """Lays flat patches out as images; the inverse of `patchify`.

    Args:
        patches: `[B, rows * columns, P * P * C]`, each flat as (row, column, channel).
        grid: patch rows and columns of the image.
        patch_size: side P of a patch, in pixels.

    Returns:
        `[B, rows * P, columns * P, C]`.
    """
    rows, columns = grid
    p = patch_size
    b = patches.shape[0]
    x = patches.reshape(b, rows, columns, p, -1).swapaxes(2, 3)
    return x.reshape(b, rows * p, columns * p, -1)


@functools.cache
def position_table(num_tokens: int, width: int) -> np.ndarray:
    """Fixed sine-cosine table over the flat token index (docs/reference.md, "Model").

    Args:
        num_tokens: rows of the table; row 0 is the policy token's where there is one.
        width: D.

    Returns:
        float32 `[num_tokens, D]`: sine on even channels, cosine on odd ones.
    """
    position = np.arange(num_tokens)[:, None]
    channel = np.arange(width)[None, :]
    angle = position / np.power(10000.0, 2 * (channel // 2) / width)
    table = np.where(channel % 2 == 0, np.sin(angle), np.cos(angle))
    return table.astype(np.float32)


@functools.cache
def relative_position_rows(grid: tuple[int, int], grid_size: int) -> np.ndarray:
    """Row of the bias table for every pair (query, key): `(qy-ky+g-1) * (2g-1) + (qx-kx+g-1)`.

    Args:
        grid: patch rows and columns of the image at hand.
        grid_size: g, patches along a side of a whole image, which sizes the table.

    Returns:
        int32 `[N, N]`, indexed (query, key).
    """
    rows, columns = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    dy = rows[:, None] - rows[None, :] + grid_size - 1
    dx = columns[:, None] - columns[None, :] + grid_size - 1
    return (dy * (2 * grid_size - 1) + dx).astype(np.int32)


def layer_norm(width: int, rngs: nnx.Rngs) -> nnx.LayerNorm:
    """LayerNorm over the width, computed in float32."""
    return nnx.LayerNorm(width, epsilon=LAYER_NORM_EPSILON, dtype=jnp.float32, rngs=rngs)


class BFloat16Linear(nnx.Linear):
    """A linear layer of float32 parameters whose products are of bfloat16 operands."""

    def __init__(self, *sizes: int, inner: bool, **settings: Any) -> None:
        """Makes the layer; what an inner one gives is rounded to bfloat16 before it is read."""
        super().__init__(*sizes, **settings)
        self.inner = inner

    def __call__(self, inputs: jax.Array) -> jax.Array:  # type: ignore[override]
        """Maps `[..., K]` to `[..., F]`, float32 but for an inner layer."""
        bias = None if self.bias is None else self.bias[...]
        return products.linear(inputs, self.kernel[...], bias, inner=self.inner)


def linear(
    fan_in: int,
    fan_out: int,
    config: ModelConfig,
    rngs: nnx.Rngs,
    *,
    use_bias: bool = True,
    inner: bool = False,
) -> nnx.Linear:
    """Linear layer with Xavier uniform weights; its product is computed in `config.dtype`.

    An inner layer is the first of a sublayer, whose result only the next product reads.
    """
    settings: dict[str, Any] = {"use_bias": use_bias, "kernel_init": _xavier, "rngs": rngs}
    if resolve_dtype(config.dtype) == "float32":
        return nnx.Linear(fan_in, fan_out, **settings)
    return BFloat16Linear(fan_in, fan_out, inner=inner, **settings)


def attend(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None) -> jax.Array:
    """Softmax attention in float32; arguments and result are those of `products.attend`."""
    logits = jnp.matmul(q, k.swapaxes(2, 3))  # [B, A, N, N]
    if bias is not None:
        logits = logits + bias
    return jnp.matmul(jax.nn.softmax(logits, axis=-1), v)


ATTENDS: dict[str, Callable[..., jax.Array]] = {"float32": attend, "bfloat16": products.attend}


class Attention(nnx.Module):
    """Multi-head self-attention: biases on query and value, none on key (paper eq. 3 to 5)."""

    def __init__(self, config: ModelConfig, *, rngs: nnx.Rngs) -> None:
        """Makes the layer; `config.rel_pos_bias` adds a table of position biases."""
        width = config.width
        self.num_heads = config.num_heads
        self.attend = ATTENDS[resolve_dtype(config.dtype)]
        self.grid_size = config.grid_size
        self.qkv = linear(width, 3 * width, config, rngs, use_bias=False, inner=True)
        self.q_bias = nnx.Param(jnp.zeros(width, jnp.float32))
        self.v_bias = nnx.Param(jnp.zeros(width, jnp.float32))
        self.proj = linear(width, width, config, rngs)
        if config.rel_pos_bias:
            shape = ((2 * config.grid_size - 1) ** 2, config.num_heads)
            self.bias_table = nnx.Param(truncated_normal(rngs.params(), shape, jnp.float32))

    def __call__(self, x: jax.Array, grid: tuple[int, int]) -> jax.Array:
        """Attends over all tokens.

        Args:
            x: `[B, N, D]`, normalized tokens.
            grid: patch rows and columns, which place the relative biases.

        Returns:
            float32 `[B, N, D]`.
        """
        b, n, d = x.shape
        heads = (b, n, self.num_heads, d // self.num_heads)
        q, k, v = jnp.split(self.qkv(x), 3, axis=-1)
        q = (q.astype(jnp.float32) + self.q_bias[...]) * heads[-1] ** -0.5
        v = v.astype(jnp.float32) + self.v_bias[...]
        # [B, N, D] -> [B, A, N, D/A]: products over this layout are the fastest XLA has on CPU.
        q, k, v = (t.reshape(heads).swapaxes(1, 2) for t in (q, k, v))
        bias = None
        if hasattr(self, "bias_table"):
            rows = relative_position_rows(grid, self.grid_size)
            bias = self.bias_table[rows].transpose(2, 0, 1)  # [A, N, N]
        x = self.attend(q, k, v, bias).swapaxes(1, 2).reshape(b, n, d)
        return self.proj(x)


def gelu(x: jax.Array) -> jax.Array:
    """The exact GELU, `x * Phi(x)`, by way of erf: 4 times as fast on CPU as by way of erfc."""
    return 0.5 * x * (1.0 + jax.lax.erf(x * np.float32(0.5**0.5)))


GELUS: dict[str, Callable[[jax.Array], jax.Array]] = {"float32": gelu, "bfloat16": products.gelu}


class FeedForward(nnx.Module):
    """Two linear layers with the exact (erf) GELU between them."""

    def __init__(self, config: ModelConfig, *, rngs: nnx.Rngs) -> None:
        """Makes the layer, `config.mlp_ratio * config.width` wide inside."""
        hidden = config.mlp_ratio * config.width
        self.gelu = GELUS[resolve_dtype(config.dtype)]
        self.fc1 = linear(config.width, hidden, config, rngs, inner=True)
        self.fc2 = linear(hidden, config.width, config, rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps tokens `[B, N, D]` to float32 `[B, N, D]`."""
        return self.fc2(self.gelu(self.fc1(x)))


class StabilizingHead(nnx.Module):
    """iColoriT's local stabilizing layer: a 3x3 convolution over the token grid."""

    def __init__(self, config: ModelConfig, *, rngs: nnx.Rngs) -> None:
        """Makes the layer, `2 * P * P` channels out."""
        channels = OUTPUT_CHANNELS * config.patch_size**2
        self.dtype = jnp.dtype(resolve_dtype(config.dtype))
        self.kernel = nnx.Param(_xavier(rngs.params(), (3, 3, config.width, channels), jnp.float32))
        self.bias = nnx.Param(jnp.zeros(channels, jnp.float32))

    def __call__(self, x: jax.Array, grid: tuple[int, int]) -> jax.Array:
        """Maps patch tokens to the channels of their pixels.

        The convolution is written as neighborhoods times a matrix: its gradient is then twice
        as fast on CPU as the gradient of a convolution.

        Args:
            x: `[B, rows * columns, D]`.
            grid: patch rows and columns.

        Returns:
            `[B, rows * columns, 2 * P * P]`.
        """
        rows, columns = grid
        b, n, d = x.shape
        x = x.astype(self.dtype).reshape(b, rows, columns, d)
        x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
        shifts = [x[:, i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
        x = jnp.concatenate(shifts, axis=-1).reshape(b, n, 9 * d)
        kernel = self.kernel[...].reshape(9 * d, -1)
        if self.dtype == jnp.float32:
            return x @ kernel + self.bias[...]
        return products.linear(x, kernel, self.bias[...])


class LinearHead(nnx.Module):
    """One linear map from a token to the channels of its pixels."""

    def __init__(self, config: ModelConfig, *, rngs: nnx.Rngs) -> None:
        """Makes the layer, `2 * P * P` channels out."""
        channels = OUTPUT_CHANNELS * config.patch_size**2
        self.linear = linear(config.width, channels, config, rngs)

    def __call__(self, x: jax.Array, grid: tuple[int, int]) -> jax.Array:
        """Maps patch tokens `[B, N, D]` to `[B, N, 2 * P * P]`; `grid` is not needed."""
        del grid
        return self.linear(x)


HEADS = {"cnn": StabilizingHead, "linear": LinearHead}
