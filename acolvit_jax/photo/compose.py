"""Colors laid on a photo's lightness, fast: compiled loops over planes of pixels.

The powers of sRGB's curve are polynomials here, close enough that no channel is further than 0.52
of an 8-bit step from what CIE's formulas give in float64 (0.5 is what rounding costs).
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.common.jax_settings import compiler_options
from acolvit_jax.photo import color

CHUNK = 2**16  # pixels composed at once; one program serves photos of every size
_ALIGNMENT = 64  # bytes, of memory that XLA on CPU reads where it lies

# ((v + 0.055) / 1.055)**2.4 on the 8-bit values v above 0.04045, lowest power first: the minimax
# fit of the error of its cube root, 1.2e-5.
_LINEAR = (
    8.52891617e-04,
    3.53384935e-02,
    4.85624979e-01,
    8.53532995e-01,
    -8.03153304e-01,
    7.53776660e-01,
    -4.34185329e-01,
    1.08224504e-01,
)
# 1.055 x**(1 / 2.4) - 0.055 on [0.0031308, 1] in x**(1/2), x**(1/4), x**(1/8), x and 1: the
# minimax fit, 0.008 of an 8-bit step.
_ENCODED = (0.65398169, 0.68872106, -0.3184811, -0.02018737, -0.00406559)

_ROOT_BITS = 1.4199e9  # the bits of y**(-1/3) are about this less a third of those of y


class Composer:
    """Gives pixels new colors and leaves their lightness, some at a time; for one thread."""

    def __init__(self, most: int) -> None:
        """Makes room for the pixels.

        Args:
            most: how many are composed at a time.
        """
        chunks = -(-most // CHUNK)
        self._rgb = _aligned((3, chunks * CHUNK), np.uint8)
        self._ab = _aligned((2, chunks * CHUNK), np.float32)

    def ab(self, count: int) -> np.ndarray:
        """Where the colors of the pixels are to be written before they are composed.

        Args:
            count: of pixels.

        Returns:
            float32 `[2, count]`, for a* and b*.
        """
        return self._ab[:, :count]

    def compose(self, rgb: np.ndarray, out: np.ndarray) -> None:
        """Composes pixels whose colors are written.

        Args:
            rgb: uint8 `[n, 3]`, for the lightness.
            out: uint8 `[n, 3]`, filled; colors outside sRGB are clipped.
        """
        lightness, recolor = _programs()
        self._rgb[:, : len(rgb)] = rgb.T
        for start in range(0, len(rgb), CHUNK):
            part = slice(start, start + CHUNK)
            planes = recolor(lightness(*self._rgb[:, part]), *self._ab[:, part])
            for i, plane in enumerate(planes):
                out[part, i] = np.asarray(plane)[: len(rgb) - start]


def _aligned(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Zeros whose rows, of whole multiples of `_ALIGNMENT` bytes, XLA need not copy."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def _linearize(value: jax.Array) -> jax.Array:
    high = jnp.full_like(value, _LINEAR[-1])
    for coefficient in _LINEAR[-2::-1]:
        high = high * value + np.float32(coefficient)
    return jnp.where(value > 0.04045, high, value * np.float32(1 / 12.92))


def _f(y: jax.Array) -> jax.Array:
    """CIE's f of luminance: its cube root, exact to float32, and the straight foot.

    Newton's steps for y**(-1/3) need no division, and start where a third of the float's own
    logarithm, its bits, leads: half the time of exp and log.
    """
    above = jnp.maximum(y, color.CUBE_ROOT_FROM)
    bits = jax.lax.bitcast_convert_type(above, jnp.int32).astype(jnp.float32)
    start = (np.float32(_ROOT_BITS) - np.float32(1 / 3) * bits).astype(jnp.int32)
    root = jax.lax.bitcast_convert_type(start, jnp.float32)  # to 4%
    for _ in range(3):
        root = root * (np.float32(4 / 3) - np.float32(1 / 3) * above * (root * root * root))
    made: jax.Array = jnp.where(
        y > color.CUBE_ROOT_FROM, above * (root * root), color.straight_foot(y)
    )
    return made


def _encode(linear: jax.Array) -> jax.Array:
    x = jnp.clip(linear, 0.0031308, 1.0)
    half = jnp.sqrt(x)
    quarter = jnp.sqrt(half)
    terms = (half, quarter, jnp.sqrt(quarter), x)
    high = sum(c * term for c, term in zip(_ENCODED, terms, strict=False)) + _ENCODED[-1]
    return jnp.where(linear > 0.0031308, high, np.float32(12.92) * jnp.maximum(linear, 0.0))


@functools.cache
def _programs() -> tuple[jax.stages.Compiled, jax.stages.Compiled]:
    """The compiled programs for one chunk of pixels: its f(Y), and its new channels.

    Two, because of one program XLA makes a loop a channel, and each computes the lightness anew.
    """

    def lightness(red: jax.Array, green: jax.Array, blue: jax.Array) -> jax.Array:
        scale = np.float32(1 / 255)
        linear = [_linearize(plane.astype(jnp.float32) * scale) for plane in (red, green, blue)]
        return _f(color.luminance(linear))

    def recolor(fy: jax.Array, a: jax.Array, b: jax.Array) -> list[jax.Array]:
        planes = [_encode(plane) for plane in color.colored(fy, a, b, jnp)]
        return [jnp.round(plane * np.float32(255)).astype(jnp.uint8) for plane in planes]

    options = compiler_options()
    value = jax.ShapeDtypeStruct((CHUNK,), jnp.uint8)
    plane = jax.ShapeDtypeStruct((CHUNK,), jnp.float32)
    return (
        jax.jit(lightness).lower(value, value, value).compile(options),
        jax.jit(recolor).lower(plane, plane, plane).compile(options),
    )
