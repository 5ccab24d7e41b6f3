"""Two budgets a photo, and what each photo is asked for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax.training import budgets


def test_pairs_are_spread_over_the_range():
    pairs = np.asarray(budgets.draw_budgets(jax.random.key(3), 4, 0.2))
    assert pairs.shape == (4, 2)
    assert (pairs[:, 0] >= 0.2 + 0.4 * np.arange(4) / 4).all()
    assert (pairs[:, 0] <= 0.2 + 0.4 * np.arange(1, 5) / 4).all()
    np.testing.assert_allclose(pairs[:, 1] - pairs[:, 0], 0.4, rtol=1e-6)
    assert (pairs != np.asarray(budgets.draw_budgets(jax.random.key(4), 4, 0.2))).all()


def test_every_photo_comes_at_both_budgets_of_its_group():
    batch = {"inputs": jnp.arange(4.0)[:, None], "origin": jnp.arange(8).reshape(4, 2)}
    made = budgets.twice(batch, jnp.array([[0.1, 0.6], [0.3, 0.8]]))
    assert made["inputs"].ravel().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert made["origin"][:, 0].tolist() == [0, 0, 2, 2, 4, 4, 6, 6]
    found = made["budget"].tolist()
    assert found == pytest.approx([0.1, 0.6, 0.1, 0.6, 0.3, 0.8, 0.3, 0.8])


def test_photos_that_gain_more_are_asked_for_more():
    """By hand: one group, gains of log 4, log 2 and 0; ranks 1, 0, -1 over sqrt(2 / 3)."""
    asked = jnp.array([0.25, 0.75] * 3)
    losses = jnp.array([4.0, 1.0, 0.2, 0.1, 1.0, 1.0])
    own = np.asarray(budgets.own_budgets(asked, losses, 1, 0.1)).reshape(3, 2)
    step = 0.1 * (4 * 0.25 * 0.75) ** 1.5 / (2 / 3) ** 0.5
    np.testing.assert_allclose(own[:, 0], [0.25 + step, 0.25, 0.25 - step], rtol=1e-5)
    np.testing.assert_allclose(own[:, 1], [0.75 + step, 0.75, 0.75 - step], rtol=1e-5)


def test_groups_are_ranked_apart_and_keep_their_mean():
    asked = jnp.repeat(jnp.array([[0.2, 0.6], [0.4, 0.9]]), 8, axis=0).reshape(-1)
    losses = jnp.exp(jax.random.normal(jax.random.key(0), (32,)))
    own = np.asarray(budgets.own_budgets(asked, losses, 2, 0.2)).reshape(2, 8, 2)
    np.testing.assert_allclose(own.mean(axis=1), [[0.2, 0.6], [0.4, 0.9]], atol=1e-6)
    expected = 0.2 * (4 * np.array([[0.2 * 0.8, 0.6 * 0.4], [0.4 * 0.6, 0.9 * 0.1]])) ** 1.5
    np.testing.assert_allclose(own.std(axis=1), expected, rtol=1e-5)
    assert ((own > 0) & (own < 1)).all()


@pytest.mark.parametrize("budget", [0.02, 0.1, 0.3, 0.5, 0.8, 0.98])
def test_nobody_is_asked_for_less_than_nothing_or_more_than_all(budget):
    losses = jnp.exp(jax.random.normal(jax.random.key(1), (128,)))
    own = np.asarray(budgets.own_budgets(jnp.full(128, budget), losses, 4, 0.2))
    assert own.min() > 0
    assert own.max() < 1


def test_one_photo_a_group_or_no_spread_is_the_budget_itself():
    asked, losses = jnp.array([0.1, 0.6, 0.2, 0.7]), jnp.array([2.0, 1.0, 1.0, 3.0])
    np.testing.assert_array_equal(budgets.own_budgets(asked, losses, 2, 0.12), asked)
    np.testing.assert_array_equal(budgets.own_budgets(asked, losses, 1, 0.0), asked)


def test_no_gradient_passes_through_what_is_asked():
    def total(losses):
        return budgets.own_budgets(jnp.array([0.2, 0.7, 0.2, 0.7]), losses, 1, 0.1).sum()

    assert (jax.grad(total)(jnp.array([2.0, 1.0, 3.0, 1.0])) == 0).all()
