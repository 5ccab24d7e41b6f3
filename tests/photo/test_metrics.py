"""Metrics against hand-computed values."""

import jax.numpy as jnp
import numpy as np
import pytest
from skimage.color import lab2rgb

from acolvit_jax.photo.metrics import boundary_psnr, compose_rgb, patch_error_variance, psnr


def test_psnr_by_hand():
    truth = jnp.zeros((3, 2, 2, 3))
    # Errors 0.1 everywhere: MSE 0.01, 20 dB. One channel of three 0.3: MSE 0.03. None: the floor.
    predicted = jnp.stack([truth[0] + 0.1, truth[1].at[..., 1].set(0.3), truth[2]])
    expected = [20.0, 10 * np.log10(1 / 0.03), 50.0]
    np.testing.assert_allclose(psnr(predicted, truth), expected, rtol=1e-5)


def test_psnr_refuses_other_shapes():
    with pytest.raises(ValueError, match="shapes differ"):
        psnr(jnp.zeros((1, 2, 2, 3)), jnp.zeros((1, 2, 3, 3)))


def test_composed_colors_are_scikit_image_s():
    rng = np.random.default_rng(0)
    lab = np.stack(
        [rng.uniform(20, 90, (4, 4)), rng.uniform(-30, 30, (4, 4)), rng.uniform(-30, 30, (4, 4))],
        axis=-1,
    )
    rgb = compose_rgb((lab[..., 0] - 50) / 100, lab[..., 1:] / 110)
    np.testing.assert_allclose(rgb, lab2rgb(lab), atol=2e-4)


def test_boundary_psnr_sees_only_both_sides_of_the_borders():
    """Patches of 4 in an image of 8: rows and columns 3 and 4."""
    truth = jnp.zeros((2, 8, 8, 3))
    predicted = truth.at[0, 0, 0].set(1.0).at[1, 3, 0].set(0.5)
    # 28 of 64 pixels lie on a border: two rows and two columns of 8, less 4 counted twice.
    expected = [50.0, 10 * np.log10(28 / 0.25)]
    np.testing.assert_allclose(boundary_psnr(predicted, truth, 4), expected, rtol=1e-5)


def test_patch_error_variance_by_hand():
    """Four patches with root mean square errors of 0, 0, 0 and 51 (0.2) in 8-bit units."""
    truth = jnp.zeros((2, 4, 4, 3))
    predicted = truth.at[0, 2:, 2:].set(0.2).at[1].set(0.3)
    expected = [51.0**2 * (1 / 4 - 1 / 16), 0.0]
    np.testing.assert_allclose(patch_error_variance(predicted, truth, 2), expected, atol=1e-3)
