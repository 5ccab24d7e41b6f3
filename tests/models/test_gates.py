"""Decisions: exact forward, gradient of the soft ones, the right noise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax.models import gates

LOGITS = jnp.linspace(-20, 20, 10_001)


def test_decisions_are_exactly_zero_or_one():
    soft = gates.gumbel_sigmoid(LOGITS, gates.gate_noise(jax.random.key(0), LOGITS.shape))
    hard = gates.straight_through(soft)
    assert set(np.unique(hard)) == {0.0, 1.0}
    np.testing.assert_array_equal(hard == 1, soft > 0.5)


def test_the_gradient_is_that_of_the_soft_decision():
    noise = jnp.array(0.7)
    grad = jax.grad(lambda x: gates.straight_through(gates.gumbel_sigmoid(x, noise)))(1.3)
    y = 1 / (1 + np.exp(-(1.3 + 0.7) / 5))
    assert float(grad) == pytest.approx(y * (1 - y) / 5, rel=1e-5)


def test_the_noise_is_the_difference_of_two_gumbels():
    noise = np.asarray(gates.gate_noise(jax.random.key(0), (200_000,)))
    rng = np.random.default_rng(0)
    expected = rng.gumbel(size=200_000) - rng.gumbel(size=200_000)
    quantiles = np.linspace(0.01, 0.99, 21)
    np.testing.assert_allclose(
        np.quantile(noise, quantiles), np.quantile(expected, quantiles), atol=0.06
    )


def test_a_logit_is_the_log_odds_of_keeping():
    noise = gates.gate_noise(jax.random.key(1), (100_000,))
    kept = gates.straight_through(gates.gumbel_sigmoid(jnp.full(100_000, 1.5), noise)).mean()
    assert float(kept) == pytest.approx(1 / (1 + np.exp(-1.5)), abs=0.005)


def test_evaluation_decides_at_one_half():
    np.testing.assert_array_equal(
        gates.decide(jnp.array([-1.0, -1e-6, 0.0, 1e-6, 2.0])), [0, 0, 0, 1, 1]
    )
