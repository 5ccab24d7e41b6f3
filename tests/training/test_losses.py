"""Losses against hand computations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage.color import lab2rgb

from acolvit_jax.training import losses
from acolvit_jax.training.step import colour_loss
from acolvit_jax.training_config import TrainConfig


def test_huber_by_hand():
    """Channels are summed, pixels averaged; 0.004 lies in the square part, 0.5 beyond."""
    target = jnp.zeros((1, 1, 2, 2))
    predicted = jnp.array([[[[0.004, 0.5], [0.0, -0.5]]]])
    square, line = 0.5 * 0.004**2 / 0.01, 0.5 - 0.005
    found = losses.huber(jnp.concatenate([predicted, target]), jnp.zeros((2, 1, 2, 2)), 0.01)
    assert found.tolist() == pytest.approx([(square + 2 * line) / 2, 0])


def test_huber_s_gradient_is_a_sign_beyond_delta_and_a_line_below():
    grad = jax.grad(lambda x: losses.huber(x, jnp.zeros((1, 1, 1, 2)), 0.01)[0])
    assert grad(jnp.array([[[[0.3, -0.002]]]])).ravel().tolist() == pytest.approx([1.0, -0.2])


def muted_colours(seed):
    """Normalised a, b, `[2, 3, 3, 2]`, and lightness of colours that sRGB can show."""
    rng = np.random.default_rng(seed)
    ab = rng.uniform(-0.1, 0.1, (2, 3, 3, 2)).astype(np.float32)
    return ab, np.full((2, 3, 3), 0.1, np.float32)


def test_the_squared_error_is_that_of_the_colours_that_are_shown():
    (predicted, lightness), (target, _) = muted_colours(0), muted_colours(1)

    def shown(ab):
        return lab2rgb(np.concatenate([lightness[..., None] * 100 + 50, ab * 110], axis=-1))

    expected = ((shown(predicted) - shown(target)) ** 2).mean(axis=(1, 2, 3))
    found = losses.squared_error(lightness, predicted, target)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_hundredth_of_a_decibel():
    """Errors of 1e-2 and 1e-3 are 20 and 30 dB; where there is none, the floor is 40 dB."""
    found = losses.negative_psnr(jnp.array([1e-2, 1e-3, 0.0]) - jnp.array([1e-4, 1e-4, 0.0]))
    assert found.tolist() == pytest.approx([-0.2, -0.3, -0.4])


def test_a_decibel_of_a_hard_photo_counts_as_much_as_one_of_an_easy_photo():
    errors = jnp.array([0.0099, 0.0999])
    slopes = jax.grad(lambda errors: losses.negative_psnr(errors).sum())(errors)
    assert float(slopes[0] / slopes[1]) == pytest.approx(10, rel=1e-4)


@pytest.mark.parametrize("teacher", ["", "dense"])
def test_in_decibels_the_teacher_s_own_error_is_part_of_the_cost(teacher):
    (ab, lightness), (target, _), (taught, _) = (muted_colours(seed) for seed in range(3))
    batch = {
        "inputs": jnp.zeros((2, 3, 3, 4)).at[..., 0].set(lightness),
        "target_ab": target,
        "teacher_ab": taught,
    }
    error = losses.squared_error
    student = error(lightness, ab, taught) + error(lightness, taught, target)
    expected = losses.negative_psnr(student if teacher else error(lightness, ab, target))
    found = colour_loss(ab, batch, TrainConfig(loss="psnr", teacher=teacher))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_sparsity_is_of_the_mean_over_the_batch():
    """One photo takes all, the other nothing: at budget 0.5 that costs nothing."""
    decisions = jnp.stack([jnp.ones((12, 2)), jnp.zeros((12, 2))])
    assert losses.sparsity(decisions, 0.5) == 0
    assert losses.sparsity(decisions, 0.3) == pytest.approx(0.04)
    assert losses.sparsity(decisions[:1], 0.9) == pytest.approx(0.01)


def test_sparsity_of_groups_is_the_mean_of_theirs():
    decisions = jnp.stack([jnp.ones((3, 2)), jnp.zeros((3, 2)), jnp.ones((3, 2)), jnp.ones((3, 2))])
    # Keep ratios 0.5 and 1 against 0.3 and 0.8.
    assert losses.sparsity(decisions, jnp.array([0.3, 0.8])) == pytest.approx(0.04, rel=1e-5)
