"""Rounding, exp and GELU between products in bfloat16, against NumPy and SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtr

from acolvit_jax.models import elementwise

RNG = np.random.default_rng(0)
EDGES = [0.0, -0.0, np.inf, -np.inf, 3.39e38, -3.4e38, 1e-40, 1.00390625, 1.01171875, -1.00390625]


def test_rounding_is_that_of_astype_bit_for_bit():
    """Numbers of every exponent, ties both ways, infinities, subnormal and overflowing ones."""
    bits = RNG.integers(0, 2**32, 100_000, dtype=np.uint32)
    drawn = bits.view(np.float32)
    ties = (bits & np.uint32(0xFFFF0000) | np.uint32(0x8000)).view(np.float32)
    numbers = np.concatenate([np.array(EDGES, np.float32), drawn, ties])
    numbers = numbers[~np.isnan(numbers)]
    got = np.asarray(jax.jit(elementwise.to_bfloat16)(numbers))
    np.testing.assert_array_equal(got.view(np.uint16), numbers.astype(jnp.bfloat16).view(np.uint16))


def test_not_a_number_stays_one():
    assert np.isnan(np.asarray(elementwise.to_bfloat16(jnp.float32([np.nan, -np.nan])))).all()


def test_what_is_bfloat16_is_left_alone():
    numbers = jnp.asarray([1.5, -2.0], jnp.bfloat16)
    np.testing.assert_array_equal(elementwise.to_bfloat16(numbers), numbers)


def test_gelu_is_near_the_exact_one():
    x = np.linspace(-12, 12, 200_001).astype(np.float32)
    error = x * np.asarray(elementwise.normal_cdf(x)) - x * ndtr(x.astype(np.float64))
    assert abs(error).max() < 1e-4
    far = np.asarray(elementwise.normal_cdf(np.float32([-30, 30])))
    np.testing.assert_allclose(far, [0, 1], atol=3e-6)


def test_slope_is_near_the_exact_one():
    x = np.linspace(-12, 12, 200_001)
    exact = ndtr(x) + x * np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    slope = np.asarray(elementwise.gelu_slope(x.astype(np.float32)))
    assert abs(slope - exact).max() < 3e-4


@pytest.mark.parametrize("size", [1.0, 30.0, 300.0])
def test_weights_are_exp_of_logits_less_their_largest(size):
    logits = (size * RNG.normal(size=(5, 7, 197))).astype(np.float32)
    got = np.asarray(jax.jit(elementwise.softmax_weights)(logits))
    wanted = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    np.testing.assert_allclose(got, wanted, rtol=3.5e-4, atol=1e-30)


def test_rows_may_be_lower_than_any_exp():
    """Only differences count: a row of logits of -5000 has weights like any other."""
    weights = np.asarray(elementwise.softmax_weights(jnp.float32([[-5000.0, -5001.0]])))
    np.testing.assert_allclose(weights, [[1, np.exp(-1)]], rtol=2e-3)
