"""Two budgets a photo, and what each photo is asked for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax.training import budgets

ONE_GROUP = jnp.array([[0, 1, 2]])


def test_pairs_are_spread_over_the_range_in_any_order():
    pairs = np.asarray(budgets.draw_budgets(jax.random.key(3), 4, 0.2))
    low = np.sort(pairs[:, 0])
    assert pairs.shape == (4, 2)
    assert (low >= 0.2 + 0.4 * np.arange(4) / 4).all()
    assert (low <= 0.2 + 0.4 * np.arange(1, 5) / 4).all()
    np.testing.assert_allclose(pairs[:, 1] - pairs[:, 0], 0.4, rtol=1e-6)
    assert (pairs != np.asarray(budgets.draw_budgets(jax.random.key(4), 4, 0.2))).all()
    keys = jax.random.split(jax.random.key(0), 40)
    lowest = [int(budgets.draw_budgets(key, 4, 0.2)[:, 0].argmin()) for key in keys]
    assert set(lowest) == {0, 1, 2, 3}


def test_a_group_is_photos_with_about_as_many_hints():
    hints = [9, 0, 5, 1, 7, 2]
    inputs = np.zeros((6, 4, 4, 4), np.float32)
    for photo, count in zip(inputs, hints, strict=True):
        photo[..., 3].flat[:count] = 1.0
    inputs[..., :3] = np.random.default_rng(0).normal(size=(6, 4, 4, 3))  # colors do not count
    assert budgets.group_by_hints(jnp.asarray(inputs), 3).tolist() == [[1, 3], [5, 2], [4, 0]]


def test_every_photo_comes_at_both_budgets_of_its_group():
    batch = {"inputs": jnp.arange(4.0)[:, None], "origin": jnp.arange(8).reshape(4, 2)}
    groups = jnp.array([[3, 0], [1, 2]])
    made = budgets.at_two_budgets(batch, jnp.array([[0.1, 0.6], [0.3, 0.8]]), groups)
    assert made["inputs"].ravel().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert made["origin"][:, 0].tolist() == [0, 0, 2, 2, 4, 4, 6, 6]
    found = made["budget"].tolist()
    assert found == pytest.approx([0.1, 0.6, 0.3, 0.8, 0.3, 0.8, 0.1, 0.6])


def test_worth_is_how_far_the_colors_move_over_how_wrong_they_are():
    """By hand: a moves by 0.2 and b by 0.4 (0.59 with delta 0.01), then by 0.1 alone (0.095)."""
    low = jnp.broadcast_to(jnp.array([0.3, 0.5]), (2, 4, 4, 2))
    high = jnp.stack([low[0] - jnp.array([0.2, 0.4]), low[1] + jnp.array([0.1, 0.0])])
    ab = jnp.stack([low, high], axis=1).reshape(4, 4, 4, 2)
    worth = budgets.value_of_compute(ab, jnp.array([9.0, 0.5, 9.0, 0.19]), 0.01)
    np.testing.assert_allclose(worth, [0.59 / 0.5, 0.095 / 0.19], rtol=1e-5)


def test_photos_that_gain_more_are_asked_for_more():
    """By hand: one group; ranks 1, 0, -1 over sqrt(2 / 3)."""
    asked = jnp.array([0.25, 0.75] * 3)
    worth = jnp.array([4.0, 2.0, 0.5])
    own = np.asarray(budgets.budget_by_photo(asked, worth, ONE_GROUP, 0.1)).reshape(3, 2)
    step = 0.1 * (4 * 0.25 * 0.75) / (2 / 3) ** 0.5
    np.testing.assert_allclose(own[:, 0], [0.25 + step, 0.25, 0.25 - step], rtol=1e-5)
    np.testing.assert_allclose(own[:, 1], [0.75 + step, 0.75, 0.75 - step], rtol=1e-5)


def test_photos_that_gain_the_same_are_asked_for_the_same():
    """By hand: two of worth 1 share the ranks -1 and 0; with one worth for all nobody differs."""
    asked = jnp.array([0.5, 0.5] * 3)
    own = budgets.budget_by_photo(asked, jnp.array([1.0, 3.0, 1.0]), ONE_GROUP, 0.1)
    step = 0.1 / (2 / 3) ** 0.5
    np.testing.assert_allclose(own[::2], 0.5 + np.array([-step, 2 * step, -step]) / 2, rtol=1e-6)
    np.testing.assert_array_equal(
        budgets.budget_by_photo(asked, jnp.zeros(3), ONE_GROUP, 0.1), asked
    )


def test_groups_are_ranked_apart_and_keep_their_mean():
    groups = jax.random.permutation(jax.random.key(2), 16).reshape(2, 8)
    asked = jnp.zeros((16, 2)).at[groups].set(jnp.array([[[0.2, 0.6]], [[0.4, 0.9]]]))
    worth = jax.random.uniform(jax.random.key(0), (16,))
    own = budgets.budget_by_photo(asked.reshape(-1), worth, groups, 0.15).reshape(16, 2)
    own = np.asarray(own[groups])  # [2, 8, 2]
    np.testing.assert_allclose(own.mean(axis=1), [[0.2, 0.6], [0.4, 0.9]], atol=1e-6)
    expected = 0.15 * 4 * np.array([[0.2 * 0.8, 0.6 * 0.4], [0.4 * 0.6, 0.9 * 0.1]])
    np.testing.assert_allclose(own.std(axis=1), expected, rtol=1e-5)
    assert (own[..., 0].argsort() == np.asarray(worth[groups]).argsort()).all()
    assert ((own > 0) & (own < 1)).all()


@pytest.mark.parametrize("budget", [0.02, 0.1, 0.3, 0.5, 0.8, 0.98])
def test_nobody_is_asked_for_less_than_nothing_or_more_than_all(budget):
    worth = jax.random.uniform(jax.random.key(1), (256,))
    groups = jnp.arange(256).reshape(1, 256)
    own = np.asarray(budgets.budget_by_photo(jnp.full(512, budget), worth, groups, 0.144))
    assert own.min() > 0
    assert own.max() < 1
    assert own.mean() == pytest.approx(budget)
    wide = np.asarray(budgets.budget_by_photo(jnp.full(512, budget), worth, groups, 0.5))
    assert wide.min() >= 0
    assert wide.max() <= 1


def test_one_photo_a_group_or_no_spread_is_the_budget_itself():
    asked, worth = jnp.array([0.1, 0.6, 0.2, 0.7]), jnp.array([2.0, 1.0])
    np.testing.assert_array_equal(
        budgets.budget_by_photo(asked, worth, jnp.array([[0], [1]]), 0.12), asked
    )
    np.testing.assert_array_equal(
        budgets.budget_by_photo(asked, worth, jnp.array([[0, 1]]), 0.0), asked
    )


def test_no_gradient_passes_through_what_is_asked():
    def total(ab, losses):
        return budgets.value_of_compute(ab, losses, 0.01).sum()

    ab = jax.random.normal(jax.random.key(0), (4, 2, 2, 2))
    for grad in jax.grad(total, argnums=(0, 1))(ab, jnp.array([2.0, 1.0, 3.0, 1.0])):
        assert (grad == 0).all()
