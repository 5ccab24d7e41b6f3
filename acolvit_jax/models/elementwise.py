"""What lies between two products in bfloat16: computed in float32, as exact as its readers are.

XLA on CPU rounds to bfloat16 a number at a time, and spends on exp and erf what 24 bits ask for.
The forms here are several times as fast; their errors are a small part of what rounding the result
to the 8 bits of bfloat16 costs.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.layout import Layout, with_layout_constraint

BFLOAT16 = jnp.bfloat16

# Phi(x) - 1/2 as x times a polynomial in x^2, lowest power first: the minimax fit of the error of
# x * Phi(x), 9e-5, that meets 1/2 at `_PHI_END`.
_PHI = (
    0.3984659,
    -0.06552822,
    0.009298238,
    -0.0009506596,
    6.689095e-05,
    -3.037949e-06,
    7.9414e-08,
    -9.017618e-10,
)
_PHI_END = 4.2

# The slope of x * Phi(x), less 1/2, in the same form: to 3e-4, meeting 1/2 at `_SLOPE_END`.
_SLOPE = (
    0.7970469,
    -0.2630762,
    0.05689484,
    -0.008098769,
    0.0007789605,
    -4.992236e-05,
    2.030325e-06,
    -4.716234e-08,
    4.747508e-10,
)
_SLOPE_END = 4.4

# 2**x on [0, 1], lowest power first: the minimax fit of the relative error, 7.5e-5.
_EXP2 = (0.99992522, 0.69583366, 0.22606674, 0.07802483)
_FRACTION_BITS = 13  # of the fixed-point logits: an error of 2e-4 in the weights
_LEAST_EXPONENT = -126  # of a float32


def to_bfloat16(x: jax.Array) -> jax.Array:
    """Rounds to the nearest bfloat16, ties to even: `astype`, which XLA on CPU computes slowly."""
    if x.dtype != jnp.float32 or jax.default_backend() != "cpu":
        return x.astype(BFLOAT16)
    return from_bits(bfloat16_bits(x))


def bfloat16_bits(x: jax.Array) -> jax.Array:
    """The bits of float32 numbers rounded to bfloat16, uint16: XLA on CPU moves those quickly."""
    bits = jax.lax.bitcast_convert_type(x, jnp.uint32)
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    return ((bits + np.uint32(0x7FFF) + odd) >> np.uint32(16)).astype(jnp.uint16)


def from_bits(bits: jax.Array) -> jax.Array:
    """The bfloat16 numbers of some bits."""
    return jax.lax.bitcast_convert_type(bits, BFLOAT16)


def normal_cdf(x: jax.Array) -> jax.Array:
    """The cumulative standard normal distribution, to 9e-5 of a GELU.

    Args:
        x: float32 `[...]`.

    Returns:
        float32 `[...]`; within 2e-6 of 0 and 1 far out.
    """
    inside = jnp.clip(x, -_PHI_END, _PHI_END)
    return np.float32(0.5) + inside * _polynomial(_PHI, inside * inside)


def gelu_slope(x: jax.Array) -> jax.Array:
    """The slope of the GELU, to 3e-4.

    Args:
        x: float32 `[...]`.

    Returns:
        float32 `[...]`.
    """
    inside = jnp.clip(x, -_SLOPE_END, _SLOPE_END)
    return np.float32(0.5) + inside * _polynomial(_SLOPE, inside * inside)


def softmax_weights(logits: jax.Array) -> jax.Array:
    """`exp` of logits less the largest of their row, to 3e-4 of itself.

    Differences are taken in fixed point: XLA on CPU leaves a subtraction of floats to a library
    that takes as long for it as for the product.

    Args:
        logits: float32 `[..., M]`, under 1e5 in size.

    Returns:
        float32 `[..., M]`, in [0, 1].
    """
    scale = np.float32(2**_FRACTION_BITS / np.log(2))
    fixed, largest = (
        (values * scale).astype(jnp.int32) for values in (logits, logits.max(-1, keepdims=True))
    )
    powers = jnp.maximum(fixed - largest, _LEAST_EXPONENT << _FRACTION_BITS)
    fraction = powers & ((1 << _FRACTION_BITS) - 1)
    mantissa = _polynomial(_EXP2, fraction.astype(jnp.float32) * np.float32(2**-_FRACTION_BITS))
    exponent = ((powers >> _FRACTION_BITS) + 127) << 23
    return mantissa * jax.lax.bitcast_convert_type(exponent, jnp.float32)


def row_major(x: jax.Array) -> jax.Array:
    """The array, laid out in memory with its last axis closest, on CPU."""
    if jax.default_backend() != "cpu":
        return x
    return with_layout_constraint(jnp.asarray(x), Layout(tuple(range(x.ndim))))


def _polynomial(coefficients: tuple[float, ...], x: jax.Array) -> jax.Array:
    total = jnp.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = total * x + np.float32(coefficient)
    return total
