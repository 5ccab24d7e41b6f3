"""Training hints where a person would click: their law, checked against exact probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acolvit_jax.hints import clicks

GREY = np.zeros(2, np.float32)


def test_weights_by_hand():
    # Squared distances 0.25 and 0.01 from grey, plus 0.0001; to the power 1.5.
    cells = np.array([[[0.3, 0.4], [0.1, 0.0]]], np.float32)
    weights = clicks.click_weights(cells, GREY, 1.5)
    np.testing.assert_allclose(weights, [[0.2501**1.5, 0.0101**1.5]], rtol=1e-5)
    assert weights.dtype == np.float32


@given(st.integers(0, 2**32), st.integers(0, 30), st.integers(1, 9), st.integers(1, 9))
def test_cells_lie_inside_and_do_not_repeat(seed, count, rows, columns):
    rng = np.random.default_rng(seed)
    weights = rng.random((rows, columns), np.float32) + np.float32(1e-6)
    count = min(count, weights.size)
    cells = clicks.sample_weighted(rng, weights, count)
    assert cells.shape == (count, 2)
    assert len({tuple(cell) for cell in cells.tolist()}) == count
    assert (cells >= 0).all()
    assert (cells < (rows, columns)).all()


def test_cells_are_drawn_in_proportion_to_their_weights():
    """First and second draws of weights 1, 2, 5 have the probabilities of drawing one by one."""
    rng = np.random.default_rng(0)
    weights = np.array([[1, 2, 5]], np.float32)
    drawn = np.array([clicks.sample_weighted(rng, weights, 2)[:, 1] for _ in range(20_000)])
    for first, second, chance in [(2, 1, 5 / 8 * 2 / 3), (0, 2, 1 / 8 * 5 / 7), (1, 0, 2 / 8 / 6)]:
        share = ((drawn[:, 0] == first) & (drawn[:, 1] == second)).mean()
        assert share == pytest.approx(chance, abs=0.012)


def test_few_clicks_are_as_common_as_many():
    rng = np.random.default_rng(1)
    cells = rng.random((8, 8, 2), np.float32)
    counts = np.array([len(clicks.sample_clicks(rng, cells, 24, 1.5)) for _ in range(4000)])
    assert counts.min() == 1
    assert counts.max() == 24
    # K clicks lie in ln(K + 1) - ln K of the ln 25 of all.
    assert (counts == 1).mean() == pytest.approx(np.log(2) / np.log(25), abs=0.02)
    assert (counts == 4).mean() == pytest.approx(np.log(5 / 4) / np.log(25), abs=0.015)


def test_the_rare_color_is_clicked_be_it_vivid_or_neutral():
    """One vivid cell in a grey image, and one grey cell in a vivid image."""
    rng = np.random.default_rng(2)
    grey = np.zeros((10, 10, 2), np.float32)
    grey[3, 4] = 0.5
    vivid = np.full((10, 10, 2), 0.5, np.float32)
    vivid[3, 4] = 0
    for cells, least in ((grey, 0.98), (vivid, 0.45)):  # half of the draws look from grey
        first = [clicks.sample_clicks(rng, cells, 1, 1.5)[0] for _ in range(400)]
        assert (np.array(first) == (3, 4)).all(axis=1).mean() > least
