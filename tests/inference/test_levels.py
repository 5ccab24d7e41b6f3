"""How the tones of a faded photo are read."""

import numpy as np
import pytest

from acolvit_jax.inference.levels import spread_tones
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo import color

RAMP = np.linspace(0, 1, 101 * 101, dtype=np.float32).reshape(101, 101)  # percents fall on pixels


def percents(lightness):
    return np.percentile(lightness, (1, 99))


def test_a_photo_with_blacks_and_whites_is_read_as_it_is():
    lightness = 10 + 80 * RAMP
    assert spread_tones(lightness) is lightness


def test_a_faded_photo_is_read_from_black_to_white():
    read = spread_tones(30 + 40 * RAMP)
    np.testing.assert_allclose(percents(read), [5, 95], atol=1e-3)
    # A straight line through both: 30.4 is read as 5, 69.6 as 95.
    expected = (5 + (30 + 40 * RAMP - 30.4) * 90 / 39.2).clip(0, 100)
    np.testing.assert_allclose(read, expected, atol=1e-3)
    assert read.dtype == np.float32


def test_what_is_dark_already_stays_so():
    dark, light = percents(spread_tones(1 + 40 * RAMP))
    assert dark == pytest.approx(1.4, abs=1e-3)
    assert light == pytest.approx(95, abs=1e-3)


def test_between_narrow_and_wide_the_tones_are_spread_in_part():
    apart = 62.5  # halfway
    lightness = 20 + apart / 0.98 * RAMP
    dark, light = percents(lightness)
    expected = [(dark + 5) / 2, (light + 95) / 2]
    np.testing.assert_allclose(percents(spread_tones(lightness)), expected, atol=1e-3)


@pytest.mark.parametrize("apart", [55, 70])
def test_there_is_no_step(apart):
    below, above = (spread_tones(12 + (apart + d) / 0.98 * RAMP) for d in (-0.01, 0.01))
    assert abs(above - below).max() < 0.1


def test_any_fading_of_a_photo_is_read_alike():
    photo = np.random.default_rng(0).uniform(8, 92, (50, 50)).astype(np.float32)
    one, other = (spread_tones(add + scale * photo) for add, scale in ((30, 0.4), (10, 0.6)))
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_nothing_is_made_of_nothing():
    flat = np.full((20, 20), 40, np.float32)
    np.testing.assert_array_equal(spread_tones(flat), flat)


TONED = {"grey": (1, 1, 1), "sepia": (0.85, 1, 1.35), "blue": (1.1, 1, 0.85)}


@pytest.mark.parametrize("tone", TONED.values(), ids=TONED)
def test_a_scan_s_tones_are_read_so(tone):
    faded = (80 + 60 * RAMP[..., None]) / 255
    read = Tones.of(np.uint8(255 * faded ** np.array(tone)), 101)
    np.testing.assert_allclose(percents(read.lightness), [5, 95], atol=0.6)


def test_a_photo_with_colors_of_its_own_has_not_faded():
    rgb = np.uint8(80 + 60 * RAMP)[..., None].repeat(3, axis=-1)
    rgb[:, ::2, 0] += 40  # red and grey of one tone
    read = Tones.of(rgb, 101)
    np.testing.assert_allclose(read.lightness, color.uint8_to_lightness(rgb), atol=1e-3)
