"""Winograd's convolution against XLA's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax.models import winograd


@pytest.mark.parametrize("size", [(14, 14), (7, 7), (2, 2), (1, 3), (5, 8)])
def test_it_equals_a_plain_convolution(size):
    rng = np.random.default_rng(0)
    image = jnp.asarray(rng.normal(size=(2, size[0] + 2, size[1] + 2, 24)), jnp.float32)
    kernel = jnp.asarray(rng.normal(size=(3, 3, 24, 40)), jnp.float32)
    expected = jax.lax.conv_general_dilated(
        image, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    got = winograd.convolve(image, winograd.transform_kernel(np.asarray(kernel)))
    assert got.shape == (2, *size, 40)
    np.testing.assert_allclose(got, expected, atol=5e-4 * float(jnp.abs(expected).max()) / 30)


def test_with_bf16_products_sums_are_float32():
    rng = np.random.default_rng(0)
    image = jnp.asarray(rng.normal(size=(1, 16, 16, 192)), jnp.float32)
    kernel = rng.normal(size=(3, 3, 192, 48)).astype(np.float32)
    exact = winograd.convolve(image, winograd.transform_kernel(kernel))
    low = jnp.asarray(winograd.transform_kernel(kernel), jnp.bfloat16)
    got = winograd.convolve(image, low)
    assert got.dtype == jnp.float32
    summed_low = winograd.convolve(image.astype(jnp.bfloat16).astype(jnp.float32), low)
    error, worse = (float(jnp.sqrt(jnp.mean((x - exact) ** 2))) for x in (got, summed_low))
    assert error < worse
    assert error < 5e-3 * float(exact.std())
