"""Metrics against hand-computed values."""

import jax.numpy as jnp
import numpy as np
import pytest
from skimage.color import lab2rgb

from acolvit_jax.evaluation.metrics import Mean, compose_rgb, psnr


def test_psnr_by_hand():
    truth = jnp.zeros((3, 2, 2, 3))
    # Errors 0.1 everywhere: MSE 0.01, 20 dB. One channel of three 0.3: MSE 0.03. None: the floor.
    predicted = jnp.stack([truth[0] + 0.1, truth[1].at[..., 1].set(0.3), truth[2]])
    expected = [20.0, 10 * np.log10(1 / 0.03), 50.0]
    np.testing.assert_allclose(psnr(predicted, truth), expected, rtol=1e-5)


def test_psnr_refuses_other_shapes():
    with pytest.raises(ValueError, match="shapes differ"):
        psnr(jnp.zeros((1, 2, 2, 3)), jnp.zeros((1, 2, 3, 3)))


def test_composed_colours_are_scikit_image_s():
    rng = np.random.default_rng(0)
    lab = np.stack(
        [rng.uniform(20, 90, (4, 4)), rng.uniform(-30, 30, (4, 4)), rng.uniform(-30, 30, (4, 4))],
        axis=-1,
    )
    rgb = compose_rgb((lab[..., 0] - 50) / 100, lab[..., 1:] / 110)
    np.testing.assert_allclose(rgb, lab2rgb(lab), atol=2e-4)


def test_means_merge_and_leave_out_padding():
    a = Mean().add(np.array([1.0, 2.0, 99.0]), np.array([1.0, 1.0, 0.0]))
    b = Mean().add(np.array([6.0]), np.array([1.0]))
    assert a.merge(b).value() == 3.0
    assert np.isnan(Mean().value())
    with pytest.raises(ValueError, match="shapes differ"):
        Mean().add(np.zeros((2, 1)), np.zeros(2))
