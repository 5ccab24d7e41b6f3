"""Colors laid on a photo's lightness, fast: compiled loops over words of pixels.

The powers of sRGB's curve are polynomials here, close enough that no channel is further than 0.52
of an 8-bit step from what CIE's formulas give in float64 (0.5 is what rounding costs).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.common.jax_settings import compiler_options
from acolvit_jax.photo import color

GROUP = 4  # pixels whose bytes are three whole words
CHUNK = 2**16  # pixels composed at once; one program serves photos of every size
_WORDS = 3  # of a group
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
_KNEE = 0.04045  # of sRGB's curve, above which it is a power
_LINEAR_KNEE = 0.0031308  # the same in linear light

# First guesses: the bits of x**(-p) are about a constant less p times those of x. With them the
# products of which _root needs the inverse root stay between these bounds.
_CUBE_START = 1_419_587_289  # p = 1/3
_CUBE_BOUNDS = (0.9009, 1.1102)  # of x**(-p)**3 * x
_ENCODE_START = 1_685_883_650  # p = 7/12
_ENCODE_BOUNDS = (0.5770, 1.7376)  # of x**(-p)**12 * x**7

_UNITS = np.float32(2**23)  # a float32 from here on has no fraction: adding it rounds, half to even


class Composer:
    """Gives pixels new colors and leaves their lightness, some at a time; for one thread."""

    def __init__(self) -> None:
        """Makes room for `CHUNK` pixels."""
        groups = CHUNK // GROUP
        self._bytes = _aligned((CHUNK, 3), np.uint8)
        self._ab = _aligned((2, GROUP, groups), np.float32)

    def rgb(self, count: int) -> np.ndarray:
        """Where pixels are to be written before they are composed, for their lightness.

        Args:
            count: of pixels, a multiple of `GROUP`, at most `CHUNK`.

        Returns:
            uint8 `[count, 3]`.
        """
        return self._bytes[:count]

    def ab(self, count: int) -> np.ndarray:
        """Where the colors of the pixels are to be written before they are composed.

        Args:
            count: of pixels, a multiple of `GROUP`, at most `CHUNK`.

        Returns:
            float32 `[2, GROUP, count / GROUP]`, a* and b*: of pixel `GROUP * i + k` at `[:, k, i]`.
        """
        return self._ab[..., : count // GROUP]

    def compose(self) -> np.ndarray:
        """Composes the pixels that are written.

        Returns:
            uint8 `[CHUNK, 3]`, in the place of what `rgb` gave; colors outside sRGB are clipped.
        """
        lightness, recolor = _programs()
        words = self._bytes.reshape(-1).view(np.uint32).reshape(-1, _WORDS)
        for i, plane in enumerate(recolor(lightness(words), self._ab)):
            words[:, i] = plane
        return self._bytes


def _aligned(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Zeros that XLA need not copy."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


# Comparisons and selections instead of maximum and minimum, whose care for what is no number, and
# products instead of divisions, whose time, would double the cost of everything here.


def _at_least(value: jax.Array, least: float) -> jax.Array:
    return jnp.where(value > least, value, np.float32(least))


def _at_most(value: jax.Array, most: float) -> jax.Array:
    return jnp.where(value < most, value, np.float32(most))


def _polynomial(coefficients: Sequence[float], x: jax.Array) -> jax.Array:
    """Its value; the coefficient of the lowest power is first.

    By halves (Estrin's scheme): the terms do not wait for each other as in Horner's.
    """
    terms: list[Any] = [np.float32(coefficient) for coefficient in coefficients]
    while len(terms) > 1:
        pairs = [high * x + low for low, high in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[2 * len(pairs) :]
        x = x * x
    made: jax.Array = terms[0]
    return made


def _power_start(x: jax.Array, power: float, constant: int) -> jax.Array:
    """A first guess of x**(-power), to 5%."""
    bits = jax.lax.bitcast_convert_type(x, jnp.int32)
    guess = np.int32(constant) - (bits >> 10) * np.int32(round(1024 * power))
    return jax.lax.bitcast_convert_type(guess, jnp.float32)


def _inverse_root(root: int, bounds: tuple[float, float], degree: int) -> list[float]:
    """The polynomial that is x**(-1/root) between bounds."""
    fit = np.polynomial.Chebyshev.interpolate(lambda x: x ** (-1 / root), degree, domain=bounds)
    coefficients: list[float] = fit.convert(kind=np.polynomial.Polynomial).coef.tolist()
    return coefficients


def _linearize(byte: jax.Array) -> jax.Array:
    """Linear light of 0 to 255."""
    value = byte.astype(jnp.float32)
    high = _polynomial([c / 255**i for i, c in enumerate(_LINEAR)], value)
    return jnp.where(value > 255 * _KNEE, high, value * np.float32(1 / (12.92 * 255)))


def _f(y: jax.Array) -> jax.Array:
    """CIE's f of luminance: its cube root, exact to float32, and the straight foot."""
    above = _at_least(y, color.CUBE_ROOT_FROM)
    start = _power_start(above, 1 / 3, _CUBE_START)
    ratio = start * start * start * above
    root = start * _polynomial(_inverse_root(3, _CUBE_BOUNDS, 4), ratio)  # above**(-1/3)
    made: jax.Array = jnp.where(
        y > color.CUBE_ROOT_FROM, above * (root * root), color.straight_foot(y)
    )
    return made


def _encode(linear: jax.Array) -> jax.Array:
    """Applies sRGB's curve: uint32 in 0..255."""
    x = _at_most(_at_least(linear, _LINEAR_KNEE), 1.0)
    start = _power_start(x, 7 / 12, _ENCODE_START)
    cube, third = start * start * start, x * x * x
    sixth = cube * cube * third
    polynomial = _inverse_root(12, _ENCODE_BOUNDS, 5)
    fine = _polynomial([255 * 1.055 * c for c in polynomial], sixth * sixth * x)
    high = (x * start) * fine - np.float32(255 * 0.055)  # x * x**(-7/12) is x**(1/2.4)
    low = np.float32(255 * 12.92) * _at_least(linear, 0.0)
    rounded = jnp.where(linear > _LINEAR_KNEE, high, low) + _UNITS
    return jax.lax.bitcast_convert_type(rounded, jnp.uint32) & np.uint32(255)


def _cube(f: jax.Array) -> jax.Array:
    """Inverse of CIE's f."""
    foot = (f - np.float32(16 / 116)) * np.float32(1 / 7.787)
    return jnp.where(f > color.CUBE_FROM, f * f * f, foot)


def _pixel(fy: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    """Pixels in new colors, uint32: red in the lowest byte, then green and blue."""
    fx = fy + a * np.float32(1 / 500)
    fz = _at_least(fy - b * np.float32(1 / 200), 0.0)
    channels = [_encode(plane) for plane in color.linear_planes(_cube(fx), _cube(fy), _cube(fz))]
    return channels[0] | (channels[1] << 8) | (channels[2] << 16)


@functools.cache
def _programs() -> tuple[jax.stages.Compiled, jax.stages.Compiled]:
    """The compiled programs for one chunk: f(Y) of its pixels, and its words in new colors.

    Two, because XLA makes a loop a word and would compute the lightness anew in each; and short
    loops keep a processor busier than a long one, whose steps wait for each other.
    """

    def lightness(words: jax.Array) -> list[jax.Array]:
        """float32 `[G]` for each of the pixels of the groups, from their words `[G, 3]`."""
        parts = [(words[:, i] >> shift) & 255 for i in range(_WORDS) for shift in (0, 8, 16, 24)]
        linear = [_linearize(part.astype(jnp.int32)) for part in parts]
        return [_f(color.luminance(linear[3 * k : 3 * k + 3])) for k in range(GROUP)]

    def recolor(fy: list[jax.Array], ab: jax.Array) -> list[jax.Array]:
        """uint32 `[G]` for each word of the groups."""
        p, q, r, s = (_pixel(fy[k], *ab[:, k]) for k in range(GROUP))
        return [p | (q << 24), (q >> 8) | (r << 16), (r >> 16) | (s << 8)]

    options = compiler_options()
    groups = CHUNK // GROUP
    words = jax.ShapeDtypeStruct((groups, _WORDS), jnp.uint32)
    plane = jax.ShapeDtypeStruct((groups,), jnp.float32)
    colors = jax.ShapeDtypeStruct((2, GROUP, groups), jnp.float32)
    return (
        jax.jit(lightness).lower(words).compile(options),
        jax.jit(recolor).lower([plane] * GROUP, colors).compile(options),
    )
