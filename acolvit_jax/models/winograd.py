"""3x3 convolution as Winograd's F(2x2, 3x3): 16 products where a convolution needs 36.

Each 2x2 tile of outputs is made from a 4x4 tile of inputs: both tile and kernel are transformed,
multiplied element by element (a matrix product over the channels), and transformed back
(Lavin and Gray 2016, arXiv:1509.09308).
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np


def transform_kernel(kernel: np.ndarray) -> np.ndarray:
    """Transforms a 3x3 kernel, once for any number of convolutions and outside of them.

    Args:
        kernel: `[3, 3, D, F]`.

    Returns:
        `[16, D, F]`.
    """
    rows = _spread_taps(kernel)
    tiles = [part for row in rows for part in _spread_taps(row)]
    return np.stack(tiles)


def _spread_taps(taps: np.ndarray) -> list[np.ndarray]:
    """Four sums of three taps `[3, ...]`."""
    ends, middle = taps[0] + taps[2], taps[1]
    return [taps[0], np.float32(0.5) * (ends + middle), np.float32(0.5) * (ends - middle), taps[2]]


def multiply(tiles: jax.Array, kernel: jax.Array | np.ndarray) -> jax.Array:
    """Tiles `[16, T, D]` times a kernel `[16, D, F]`, in its dtype with sums in float32."""
    return jnp.matmul(tiles.astype(kernel.dtype), kernel, preferred_element_type=jnp.float32)


def convolve(
    padded: jax.Array,
    kernel: jax.Array | np.ndarray,
    multiply: Callable[[jax.Array, jax.Array | np.ndarray], jax.Array] = multiply,
) -> jax.Array:
    """Convolves a padded image with a transformed kernel.

    Args:
        padded: float32 `[B, H + 2, W + 2, D]`, the image with a border of one pixel.
        kernel: from `transform_kernel`.
        multiply: of the transformed image's tiles `[16, T, D]` and the kernel.

    Returns:
        float32 `[B, H, W, F]`.
    """
    b, height, width, _ = padded.shape
    rows, columns = -(-(height - 2) // 2), -(-(width - 2) // 2)
    # An odd height or width leaves half a tile over: pad, and cut the outputs it made.
    pad = ((0, 0), (0, 2 * rows + 2 - height), (0, 2 * columns + 2 - width), (0, 0))
    padded = jnp.pad(padded, pad)
    tiles = _transform_input(padded, rows, columns)  # [16, B * rows * columns, D]
    products = multiply(tiles, kernel)  # [16, B * rows * columns, F]
    out = _transform_output(products).reshape(2, 2, b, rows, columns, -1)
    out = out.transpose(2, 3, 0, 4, 1, 5).reshape(b, 2 * rows, 2 * columns, -1)
    return out[:, : height - 2, : width - 2]


def _transform_input(padded: jax.Array, rows: int, columns: int) -> jax.Array:
    """Tiles `[16, B * rows * columns, D]`, both axes transformed by sums and differences."""
    b, _, _, d = padded.shape
    tiles = []
    for part in _differences([padded[:, i : i + 2 * rows : 2] for i in range(4)]):
        tiles += _differences([part[:, :, j : j + 2 * columns : 2] for j in range(4)])
    return jnp.stack(tiles).reshape(16, b * rows * columns, d)


def _differences(x: list[jax.Array]) -> list[jax.Array]:
    """Four sums and differences of four neighbors."""
    return [x[0] - x[2], x[1] + x[2], x[2] - x[1], x[1] - x[3]]


def _transform_output(products: jax.Array) -> jax.Array:
    """Outputs `[4, tiles, F]` (row and column in the 2x2 tile) of products `[16, tiles, F]`."""
    m = products.reshape(4, 4, *products.shape[1:])
    rows = [m[0] + m[1] + m[2], m[1] - m[2] - m[3]]
    parts = [r for m in rows for r in (m[0] + m[1] + m[2], m[1] - m[2] - m[3])]
    return jnp.stack(parts)
