"""Losses against hand computations."""

import jax
import jax.numpy as jnp
import pytest

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
