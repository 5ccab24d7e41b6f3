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
