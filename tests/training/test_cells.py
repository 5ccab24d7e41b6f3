"""Hint cells drawn on the devices: numbers and places as often as they are meant to be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax import hints
from acolvit_jax.config import DataConfig
from acolvit_jax.hints.clicks import click_weights
from acolvit_jax.training import cells

DRAWS = 4000


def drawn(draw):
    return np.asarray(jax.vmap(draw)(jax.random.split(jax.random.key(0), DRAWS)))


@pytest.mark.parametrize("counts", ["uniform", "log-uniform"])
def test_numbers_of_hints_are_as_likely_as_on_the_host(counts):
    data = DataConfig(max_hints=12, hint_counts=counts)
    numbers = drawn(lambda key: cells.draw_uniform(key, 8, data)).sum(axis=(1, 2))
    rng = np.random.default_rng(0)
    host = [hints.sample_count(rng, 12, counts) for _ in range(DRAWS)]
    shares = [np.bincount(values, minlength=13) / DRAWS for values in (numbers, host)]
    assert len(shares[0]) == 13
    np.testing.assert_allclose(*shares, atol=0.03)


def test_uniform_cells_are_all_as_likely():
    grids = drawn(lambda key: cells.draw_uniform(key, 4, DataConfig(max_hints=16)))
    np.testing.assert_allclose(grids.mean(axis=0), 0.5, atol=0.04)


def test_no_hints_are_none():
    assert not drawn(lambda key: cells.draw_uniform(key, 4, DataConfig(max_hints=0))).any()


def test_more_hints_than_cells_are_all_cells():
    grids = drawn(lambda key: cells.draw_uniform(key, 2, DataConfig(max_hints=100)))
    np.testing.assert_array_equal(np.unique(grids.sum(axis=(1, 2))), range(5))


def test_single_clicks_are_as_likely_as_their_weights():
    ab = np.random.default_rng(0).uniform(-0.4, 0.4, (3, 3, 2)).astype(np.float32)
    data = DataConfig(max_clicks=1, click_exponent=1.5)
    shares = drawn(lambda key: cells.draw_clicks(key, jnp.asarray(ab), data)).mean(axis=0)
    # From grey in one half of the images, from the mean color in the other.
    both = [click_weights(ab, reference, 1.5) for reference in (np.zeros(2), ab.mean(axis=(0, 1)))]
    expected = np.mean([weights / weights.sum() for weights in both], axis=0)
    np.testing.assert_allclose(shares, expected, atol=0.03)


def test_numbers_of_clicks_are_log_uniform_from_one():
    ab = jnp.zeros((6, 6, 2))
    data = DataConfig(max_clicks=7)
    numbers = drawn(lambda key: cells.draw_clicks(key, ab, data)).sum(axis=(1, 2))
    shares = np.bincount(numbers, minlength=9) / DRAWS
    expected = [0, *(np.log2(np.arange(2, 9) / np.arange(1, 8)) / 3), 0]  # log 8 is 3 of base 2
    np.testing.assert_allclose(shares, expected, atol=0.03)
