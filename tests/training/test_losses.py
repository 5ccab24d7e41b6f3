"""Losses against hand computations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage.color import lab2rgb
from skimage.metrics import peak_signal_noise_ratio

from acolvit_jax.config.training import TrainConfig
from acolvit_jax.training import losses


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


def muted_colors(seed):
    """Normalized a, b, `[2, 3, 3, 2]`, and lightness of colors that sRGB can show."""
    rng = np.random.default_rng(seed)
    ab = rng.uniform(-0.1, 0.1, (2, 3, 3, 2)).astype(np.float32)
    return ab, np.full((2, 3, 3), 0.1, np.float32)


def shown(lightness, ab):
    """sRGB by scikit-image."""
    return lab2rgb(np.concatenate([lightness[..., None] * 100 + 50, ab * 110], axis=-1))


def test_the_squared_error_is_that_of_the_colors_that_are_shown():
    (predicted, lightness), (target, _) = muted_colors(0), muted_colors(1)
    difference = shown(lightness, predicted) - shown(lightness, target)
    found = losses.srgb_squared_error(lightness, predicted, target)
    np.testing.assert_allclose(found, (difference**2).mean(axis=(1, 2, 3)), rtol=1e-4)


@pytest.mark.parametrize("ab", [0.0, 0.1, 0.6])
def test_grey_and_vivid_colors_have_a_gradient(ab):
    """At L* = 60 some channels of the vivid one are clipped, one is not."""
    lightness, target = jnp.full((1, 1, 1), 0.1), jnp.full((1, 1, 1, 2), 0.3)
    grad = jax.grad(lambda x: losses.srgb_squared_error(lightness, x, target)[0])
    found = np.asarray(grad(jnp.full((1, 1, 1, 2), ab)))
    assert np.isfinite(found).all()
    assert (found != 0).any()


def test_a_hundredth_of_a_decibel():
    """Errors of 1, 1e-2 and 1e-3 are 0, 20 and 30 dB; where there is none, the floor is 40 dB."""
    found = losses.negative_psnr(jnp.array([1.0, 1e-2, 1e-3, 0.0]))
    assert found.tolist() == pytest.approx([0.0, -0.2, -0.3, -0.4], abs=0.005)


@pytest.mark.parametrize(("decibels", "counts"), [(10, 0.999), (20, 0.990), (30, 0.909), (40, 0.5)])
def test_a_decibel_counts_the_same_until_little_is_left_to_gain(decibels, counts):
    slope = jax.grad(lambda d: losses.negative_psnr(10.0 ** (-d / 10)))(float(decibels))
    assert float(slope) == pytest.approx(-0.01 * counts, rel=1e-3)


@pytest.mark.parametrize("teacher", ["", "dense"])
def test_in_decibels_the_teacher_s_own_error_is_part_of_the_cost(teacher):
    (ab, lightness), (target, _), (taught, _) = (muted_colors(seed) for seed in range(3))
    batch = {
        "inputs": jnp.zeros((2, 3, 3, 4)).at[..., 0].set(lightness),
        "target_ab": target,
        "teacher_ab": taught,
    }
    student, photo, other = (shown(lightness, x) for x in (ab, target, taught))
    pairs = [(student, other), (other, photo)] if teacher else [(student, photo)]
    error = sum(((a - b) ** 2).mean(axis=(1, 2, 3)) for a, b in pairs)
    found = losses.color_loss(ab, batch, TrainConfig(loss="psnr", teacher=teacher))
    np.testing.assert_allclose(found, 0.1 * np.log10(error + 1e-4), rtol=1e-4)


@pytest.mark.parametrize("teacher", ["", "dense"])
def test_huber_is_against_the_teacher_alone(teacher):
    (ab, _), (target, _), (taught, _) = (muted_colors(seed) for seed in range(3))
    batch = {"target_ab": target, "teacher_ab": taught}
    expected = losses.huber(ab, taught if teacher else target, 0.01)
    found = losses.color_loss(ab, batch, TrainConfig(teacher=teacher))
    np.testing.assert_array_equal(found, expected)


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


def test_decibels_over_grey_are_those_of_scikit_image():
    rng = np.random.default_rng(3)
    l_norm = rng.uniform(-0.2, 0.2, (2, 16, 16)).astype(np.float32)
    truth, ab = (rng.uniform(-0.2, 0.2, (2, 16, 16, 2)).astype(np.float32) for _ in range(2))
    ab[1] = truth[1] * 0.9

    def score(index, colors):
        def rgb(values):
            lab = np.concatenate([l_norm[index, ..., None] * 100 + 50, values[index] * 110], -1)
            return lab2rgb(lab[::4, ::4])

        return peak_signal_noise_ratio(rgb(truth), rgb(colors), data_range=1)

    expected = [score(i, ab) - score(i, np.zeros_like(ab)) for i in range(2)]
    given = losses.decibels_over_grey(l_norm, ab, truth)
    np.testing.assert_allclose(given, expected, atol=0.02)


def test_regret_is_what_the_last_hints_made_worse():
    """20 dB after 30 dB costs a tenth; better than before, or without such hints, costs nothing."""
    lightness = jnp.zeros((3, 8, 8))
    target = jnp.zeros((3, 8, 8, 2))
    ab = target.at[..., 0].set(0.3)
    after = losses.srgb_squared_error(lightness, ab, target)
    before = jnp.array([after[0] / 10, after[1] * 10, jnp.inf])
    batch = {"inputs": lightness[..., None], "target_ab": target, "error_before": before}
    expected = losses.negative_psnr(after) - losses.negative_psnr(before)
    assert expected[0] == pytest.approx(0.1, abs=0.005)
    value, grad = jax.value_and_grad(lambda ab: losses.regret(ab, batch).sum())(ab)
    assert value == pytest.approx(expected[0])
    assert np.isfinite(grad).all()
    assert (np.asarray(grad[0, ..., 0]) > 0).all()
    assert not np.any(grad[1:])
