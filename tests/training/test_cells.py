"""Hint cells drawn on the devices: numbers and places as often as they are meant to be."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax import hints
from acolvit_jax.config import DataConfig
from acolvit_jax.hints.clicks import click_weights
from acolvit_jax.training import cells

DRAWS = 4000


def drawn(draw, count=DRAWS):
    return np.asarray(jax.vmap(draw)(jax.random.split(jax.random.key(0), count)))


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


def test_single_clicks_are_as_likely_as_their_weights():
    ab = np.random.default_rng(0).uniform(-0.4, 0.4, (3, 3, 2)).astype(np.float32)
    data = DataConfig(max_clicks=1, click_exponent=1.5)
    shares = drawn(lambda key: cells.draw_clicks(key, jnp.asarray(ab), data)).mean(axis=0)
    # From grey in one half of the images, from the mean color in the other.
    both = [click_weights(ab, reference, 1.5) for reference in (np.zeros(2), ab.mean(axis=(0, 1)))]
    expected = np.mean([weights / weights.sum() for weights in both], axis=0)
    np.testing.assert_allclose(shares, expected, atol=0.03)


def chances_of_pairs(weights, count):
    """How often two cells are both among `count` that are drawn one after the other."""
    together = np.zeros((len(weights),) * 2)
    for order in itertools.permutations(range(len(weights)), count):
        left, chance = weights.sum(), 1.0
        for cell in order:
            chance *= weights[cell] / left
            left -= weights[cell]
        together[np.ix_(order, order)] += chance
    return together


def test_three_clicks_are_drawn_one_after_the_other():
    ab = np.random.default_rng(1).uniform(-0.4, 0.4, (2, 3, 2)).astype(np.float32)
    data = DataConfig(max_clicks=3, click_exponent=1.5)
    grids = drawn(lambda key: cells.draw_clicks(key, jnp.asarray(ab), data), 40_000).reshape(-1, 6)
    three = grids[grids.sum(axis=1) == 3].astype(float)
    assert len(three) / len(grids) == pytest.approx(np.log(4 / 3) / np.log(4), abs=0.01)
    references = (np.zeros(2), ab.mean(axis=(0, 1)))
    both = [chances_of_pairs(click_weights(ab, r, 1.5).ravel(), 3) for r in references]
    expected = np.mean(both, axis=0)
    np.testing.assert_allclose(three.T @ three / len(three), expected, atol=0.02)


def test_numbers_of_clicks_are_log_uniform_from_one():
    ab = jnp.zeros((6, 6, 2))
    data = DataConfig(max_clicks=7)
    numbers = drawn(lambda key: cells.draw_clicks(key, ab, data)).sum(axis=(1, 2))
    shares = np.bincount(numbers, minlength=9) / DRAWS
    expected = [0, *(np.log2(np.arange(2, 9) / np.arange(1, 8)) / 3), 0]  # log 8 is 3 of base 2
    np.testing.assert_allclose(shares, expected, atol=0.03)
