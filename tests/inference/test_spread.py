"""Hints kept exactly, without a dot, and how far they reach."""

import jax
import numpy as np
import pytest

from acolvit_jax.hints import Hint
from acolvit_jax.inference.placed import place, place_cells
from acolvit_jax.inference.reach import needs_automatic, within_reach
from acolvit_jax.inference.spread import bumps, spread_missing
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo import color


def tones(lightness):
    """Of a photo of lightness `[S, S]`."""
    return Tones(color.normalize_l(lightness)[..., None])


SIDE = 64
GREY_50 = np.full((SIDE, SIDE), 50.0, np.float32)
FLAT = tones(GREY_50)
HALVES = tones(np.where(np.arange(SIDE) < SIDE // 2, 20.0, 80.0).astype(np.float32) + 0 * GREY_50)
GREY = np.zeros((SIDE, SIDE, 2), np.float32)


def distances(row, column):
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.hypot(y - row, x - column)


def test_what_is_missing_fades_with_distance_and_leaves_no_dot():
    placed = place([Hint(32, 32, (30.0, -20.0))], (SIDE, SIDE), SIDE)
    out = spread_missing(GREY, FLAT, placed)
    np.testing.assert_allclose(out[32, 32], [30, -20], rtol=2e-3)
    near, middle, far = (out[32, 32 + d, 0] for d in (3, 16, 31))
    assert 30 > near > 0.9 * 30  # no dot: the surroundings follow
    assert middle == pytest.approx(30 * np.exp(-0.5), rel=0.1)  # a Gaussian of 16 pixels
    assert far < 0.2 * 30


def test_what_is_missing_stops_at_an_edge_of_lightness():
    placed = place([Hint(32, 29, (30.0, -20.0))], (SIDE, SIDE), SIDE)
    out = spread_missing(GREY, HALVES, placed)
    assert out[32, 24, 0] > 25
    assert abs(out[:, SIDE // 2 + 6 :]).max() < 0.1


def test_many_hints_are_exact_together():
    rng = np.random.default_rng(0)
    hints = [
        Hint(int(r), int(c), tuple(rng.uniform(-40, 40, 2).tolist()))
        for r, c in np.argwhere(np.ones((8, 8))) * 8 + 4
    ]
    placed = place(hints, (SIDE, SIDE), SIDE)
    out = spread_missing(rng.normal(0, 5, GREY.shape).astype(np.float32), FLAT, placed)
    assert abs(placed.shown(out) - placed.ab).max() < 1.0


@pytest.mark.parametrize("photo", [(500, 300), (SIDE, SIDE), (20, 33)])
def test_hints_at_odds_in_neighboring_pixels_do_not_overshoot(photo):
    at = photo[0] // 2 // 2 * 2
    hints = [Hint(at - 1, 5, (60.0, 0.0)), Hint(at, 5, (-60.0, 0.0)), Hint(at + 1, 6, (0.0, 60.0))]
    out = spread_missing(GREY, FLAT, place(hints, photo, SIDE))
    assert abs(out).max() <= 60


@pytest.mark.parametrize("setting", [jax.enable_x64(True), jax.numpy_dtype_promotion("strict")])
def test_the_host_s_settings_of_jax_change_nothing(setting):
    hints = [Hint(10, 20, (30.0, -20.0)), Hint(40, 50, (9.0, 9.0), reach=20.0)]
    placed = place(hints, (SIDE, SIDE), SIDE)

    def made():
        photo = tones(HALVES.lightness)
        return spread_missing(GREY, photo, placed), within_reach(placed, GREY, photo)

    expected = made()
    with setting:
        got = made()
    for one, other in zip(got, expected, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_larger_hint_colors_its_area_and_not_what_lies_beyond_an_edge():
    small, large = (
        spread_missing(GREY, HALVES, place([Hint(32, 26, (40.0, 0.0), size)], (SIDE, SIDE), SIDE))
        for size in (2, 16)
    )
    assert (large[26:40, 20:31, 0] > 36).all()
    assert small[26, 20, 0] < large[26, 20, 0]
    assert abs(large[:, SIDE // 2 + 6 :]).max() < 0.5


def test_photo_pixels_between_the_model_s_are_exact():
    hint = Hint(37, 211, (25.0, 10.0))
    placed = place([hint], (230, 500), SIDE)
    out = spread_missing(GREY, FLAT, placed)
    np.testing.assert_allclose(placed.shown(out), [[25.0, 10.0]], rtol=2e-3)


def test_reach_by_hand():
    hint = Hint(32, 32, (50.0, 0.0), reach=10.0)
    placed = place([hint], (SIDE, SIDE), SIDE)
    share = within_reach(placed, GREY, FLAT)[..., 0]
    # The cell of the hint covers rows and columns 32 and 33.
    np.testing.assert_allclose(share, np.exp(-(distances(32.5, 32.5) ** 2) / 200), atol=1e-5)


def test_a_hint_in_the_automatic_color_has_no_reach():
    placed = place([Hint(32, 32, (0.0, 0.0)), Hint(9, 9, (4.0, 0.0))], (SIDE, SIDE), SIDE)
    share = within_reach(placed, GREY, FLAT)
    assert share.max() == pytest.approx(1 - np.exp(-1), abs=0.01)  # 4 of 4 units of news


def test_what_is_left_alone_is_taken_out():
    hints = [Hint(32, 16, (50.0, 0.0), reach=224.0), Hint(32, 50, None, reach=8.0)]
    placed = place(hints, (SIDE, SIDE), SIDE)
    share = within_reach(placed, GREY, FLAT)[..., 0]
    assert share[32, 50] < 0.01
    assert share[32, 16] == pytest.approx(1, abs=1e-3)
    assert needs_automatic(placed)


def test_a_hint_that_names_no_reach_changes_what_is_like_its_place():
    hint = Hint(32, 10, (300**0.5, 10.0))  # 20 units of news
    placed = place([hint], (SIDE, SIDE), SIDE)
    share = within_reach(placed, GREY, HALVES)[..., 0]
    assert needs_automatic(placed)
    news = 1 - np.exp(-25)
    # Beyond what the window of texture sees of the edge: as smooth, 60 L* lighter.
    np.testing.assert_allclose(share[:, :20], news, atol=1e-5)
    np.testing.assert_allclose(share[:, 44:], news * (0.15 + 0.85 * np.exp(-4 / 2)), atol=1e-5)


def test_darker_counts_half_and_smoother_counts_by_its_logarithm():
    rough = GREY_50 + np.where(np.indices((SIDE, SIDE)).sum(0) % 2, 9.0, -9.0).astype(np.float32)
    lightness = np.where(np.arange(SIDE) < SIDE // 2, rough, 10.0).astype(np.float32)
    placed = place([Hint(32, 10, (30.0, 0.0))], (SIDE, SIDE), SIDE)
    share = within_reach(placed, GREY, tones(lightness))[..., 0]
    texture = np.log1p(9 * (1 - 1 / 81**2) ** 0.5)  # of 9 x 9 pixels, one more of one kind
    squares = (40 / 60) ** 2 + texture**2
    np.testing.assert_allclose(share[30, 50], 0.15 + 0.85 * np.exp(-squares / 2), rtol=1e-4)


def test_two_hints_together_reach_what_each_reaches_in_part():
    one, other = Hint(10, 10, (50.0, 0.0), reach=12.0), Hint(40, 20, (0.0, 50.0), reach=30.0)
    shares = [
        within_reach(place(hints, (SIDE, SIDE), SIDE), GREY, FLAT)
        for hints in ([one], [other], [one, other])
    ]
    rest = (1 - shares[0]) * (1 - shares[1])
    np.testing.assert_allclose(1 - shares[2], rest, atol=1e-6)


def test_hints_that_reach_the_whole_photo_need_no_automatic_result():
    hints = [Hint(i, i, (9.0, 9.0), reach=224.0) for i in range(0, 60, 2)]
    assert not needs_automatic(place(hints, (SIDE, SIDE), SIDE))


def test_a_cell_shows_its_mean():
    placed = place_cells(np.array([[3, 5]]), np.array([[7.0, 8.0]]), SIDE)
    ab = np.random.default_rng(0).normal(size=GREY.shape).astype(np.float32)
    np.testing.assert_allclose(placed.shown(ab), [ab[6:8, 10:12].mean((0, 1))], rtol=1e-5)
    np.testing.assert_array_equal(placed.centers, [[6.5, 10.5]])


def test_more_hints_than_one_loop_takes_add_up():
    rng = np.random.default_rng(0)
    places = rng.uniform(0, SIDE - 1, (19, 2)).round()
    weights = rng.normal(size=(19, 2))
    lightness = rng.uniform(0, 100, GREY_50.shape).astype(np.float32)
    expected = np.zeros((2, SIDE, SIDE))
    for (row, column), weight in zip(places.astype(int), weights, strict=True):
        apart = (lightness.astype(np.float64) - lightness[row, column]) / 12
        bump = np.exp(-((distances(row, column) / 16) ** 2 + apart**2) / 2)
        y, x = np.mgrid[:SIDE, :SIDE]
        bump[(abs(y - row) > 48) | (abs(x - column) > 48)] = 0
        expected += weight[:, None, None] * bump
    np.testing.assert_allclose(bumps(tones(lightness), places, weights), expected, atol=2e-5)


@pytest.mark.parametrize("offset", [0.0, 70.0])
def test_smoothness_by_hand(offset):
    """Of little texture on a bright place too, where squares of L* have no digits for it."""
    lightness = (offset + np.random.default_rng(0).uniform(0, 0.2, (SIDE, SIDE))).astype(np.float32)
    padded = np.pad(lightness.astype(np.float64), 4, "symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (9, 9))
    expected = -np.log1p(windows.std(axis=(2, 3)))
    np.testing.assert_allclose(tones(lightness).smoothness, expected, rtol=1e-3)
