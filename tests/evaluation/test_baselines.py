"""Baselines by hand, and Levin's solution against a dense solve."""

import threading

import numpy as np
import pytest

from acolvit_jax.evaluation import methods
from acolvit_jax.evaluation.baselines import BASELINES, grey, levin, nearest_hint, neighbor_means


def make_inputs(lightness, hints):
    """`[H, W, 4]` with hints {(row, column): (a, b)} of one pixel."""
    inputs = np.zeros((*lightness.shape, 4), np.float32)
    inputs[..., 0] = lightness
    for place, ab in hints.items():
        inputs[place] = (lightness[place], *ab, 1.0)
    return inputs


@pytest.mark.parametrize("name", BASELINES)
def test_without_hints_all_is_grey(name):
    ab = BASELINES[name](make_inputs(np.random.default_rng(0).uniform(size=(6, 6)), {}))
    np.testing.assert_array_equal(ab, np.zeros((6, 6, 2)))
    assert ab.dtype == np.float32


def test_grey_ignores_hints():
    assert not grey(make_inputs(np.zeros((4, 4)), {(0, 0): (0.5, 0.5)})).any()


def test_the_nearest_hint_counts_position_and_lightness():
    hints = {(0, 0): (0.1, 0.2), (0, 7): (-0.3, 0.4)}
    ab = nearest_hint(make_inputs(np.zeros((8, 8)), hints))
    np.testing.assert_allclose(ab[:, :4], np.broadcast_to([0.1, 0.2], (8, 4, 2)))
    np.testing.assert_allclose(ab[:, 4:], np.broadcast_to([-0.3, 0.4], (8, 4, 2)))
    lightness = np.zeros((8, 8))
    lightness[0, 7] = lightness[2, 2] = 0.9  # like the far hint, unlike the near one
    ab = nearest_hint(make_inputs(lightness, hints))
    np.testing.assert_allclose(ab[2, 2], [-0.3, 0.4])


def test_levin_s_weights_by_hand():
    """A corner has three neighbors; its window's variance is that of four values."""
    lightness = np.array([[0.0, 0.1, 0.5], [0.2, 0.0, 0.5], [0.5, 0.5, 0.5]])
    means = neighbor_means(lightness).toarray()
    variance = np.var([0.0, 0.1, 0.2, 0.0])
    near = np.exp(-(np.array([0.1, 0.2, 0.0]) ** 2) / (0.6 * variance))
    expected = np.zeros(9)
    expected[[1, 3, 4]] = near / near.sum()
    np.testing.assert_allclose(means[0], expected, atol=1e-12)
    np.testing.assert_allclose(means.sum(axis=1), 1)


@pytest.mark.parametrize("seed", range(3))
def test_levin_equals_a_dense_solve(seed):
    rng = np.random.default_rng(seed)
    lightness = rng.uniform(size=(7, 9))
    hints = {(1, 2): (0.3, -0.2), (5, 7): (-0.4, 0.1), (6, 0): (0.0, 0.5)}
    inputs = make_inputs(lightness, hints)
    system = np.eye(63) - neighbor_means(inputs[..., 0].astype(np.float64)).toarray()
    known = np.zeros((63, 2))
    for (row, column), ab in hints.items():
        i = row * 9 + column
        system[i] = np.eye(63)[i]
        known[i] = ab
    expected = np.linalg.solve(system, known).reshape(7, 9, 2)
    np.testing.assert_allclose(levin(inputs), expected, atol=1e-5)


def test_levin_stops_at_edges_of_lightness():
    lightness = np.where(np.arange(12) < 6, 0.1, 0.9)[None].repeat(12, axis=0)
    ab = levin(make_inputs(lightness, {(6, 1): (0.5, 0.0), (6, 10): (-0.5, 0.0)}))
    assert ab[:, :5, 0].min() > 0.4
    assert ab[:, 7:, 0].max() < -0.4


def test_a_flat_image_has_a_solution():
    ab = levin(make_inputs(np.full((8, 8), 0.3), {(0, 0): (0.25, -0.25)}))
    np.testing.assert_allclose(ab, np.broadcast_to([0.25, -0.25], (8, 8, 2)), atol=1e-5)


def test_every_core_has_a_photo(monkeypatch):
    """Three are at work at once, or the barrier breaks."""
    together = threading.Barrier(3, timeout=20)

    def waits(inputs):
        together.wait()
        return inputs[..., 1:3]

    monkeypatch.setitem(BASELINES, "waits", waits)
    monkeypatch.setattr(methods, "available_cores", lambda: [0, 1, 2])
    (method,) = methods.baseline_methods(["waits"])
    answer = method.colorize(np.ones((3, 2, 2, 4), np.float32))
    assert answer.ab.shape == (3, 2, 2, 2)
    assert answer.decisions is answer.macs is None
