"""How the tones of a faded photo are read."""

import numpy as np
import pytest

from acolvit_jax.inference.levels import spread_tones
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo import color

SIDE, EDGE = 101, 11
RAMP = np.pad(np.linspace(0, 1, 79 * 79, dtype=np.float32).reshape(79, 79), EDGE, mode="edge")


def inner(lightness):
    return lightness[EDGE:-EDGE, EDGE:-EDGE]


def percents(lightness):
    return np.percentile(inner(lightness), (1, 99))


def test_the_range_is_exact_at_its_ends():
    """70 L* are whole: the photo is read as it is; a trace less and it is read otherwise."""
    whole, less = (12 + apart / 0.98 * RAMP for apart in (70.01, 69.9))
    assert spread_tones(whole) is whole
    assert abs(spread_tones(less) - less).max() > 0.05


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


@pytest.mark.parametrize("apart", [1, 5, 12, 20, 55, 70])
@pytest.mark.parametrize("dark", [2, 12, 25])
def test_there_is_no_step(apart, dark):
    below, above = (spread_tones(dark + (apart + d) / 0.98 * RAMP) for d in (-0.01, 0.01))
    assert abs(above - below).max() < 0.15


def test_the_slope_has_a_bound():
    """Grain is not torn into blacks and whites, however little else there is."""
    for apart in np.arange(0.5, 80, 0.5, dtype=np.float32):
        for dark in (0, 10):
            lightness = dark + apart / np.float32(0.98) * RAMP
            grown = np.ptp(inner(spread_tones(lightness))) / np.ptp(inner(lightness))
            assert 1 - 1e-4 < grown < 4.75 + 1e-4


def test_a_blank_page_stays_blank():
    grain = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype(np.float32)
    page = 88 + grain  # its percents lie 4.7 apart
    assert spread_tones(page) is page
    flat = np.full((SIDE, SIDE), 88, np.float32)
    assert spread_tones(flat) is flat


def test_hardly_any_tones_are_spread_in_part():
    lightness = 40 + 12.5 / 0.98 * RAMP  # halfway between 5 and 20
    dark, light = percents(lightness)
    expected = [(dark + 5) / 2, (light + 95) / 2]
    np.testing.assert_allclose(percents(spread_tones(lightness)), expected, atol=1e-3)


@pytest.mark.parametrize("border", [0, 3, 98, 100])
@pytest.mark.parametrize("width", [1, 6, 11])
def test_borders_and_frames_do_not_decide(border, width):
    scan = 30 + 40 * RAMP
    framed = np.pad(scan[width:-width, width:-width], width, constant_values=border)
    read = spread_tones(framed.astype(np.float32))
    np.testing.assert_array_equal(inner(read), inner(spread_tones(scan)))
    # The same straight line, and no further than black and white.
    assert read[0, 0] == pytest.approx(np.clip(5 + (border - 30.4) * 90 / 39.2, 0, 100), abs=1e-3)


@pytest.mark.parametrize("border", [(120, 80, 50), (250, 240, 215), (200, 30, 30), (0, 0, 0)])
def test_a_tenth_of_border_leaves_a_scan_as_it_is(border):
    """Of whatever color, at the scan's own size, which is no multiple of the model's."""
    scan = np.uint8(70 + 110 * np.linspace(0, 1, 1003))[:, None, None].repeat(1003, 1).repeat(3, 2)
    framed = np.full_like(scan, border)
    framed[100:-100, 100:-100] = scan[100:-100, 100:-100]
    read = [Tones.of(rgb, 224).lightness[23:-23, 23:-23] for rgb in (scan, framed)]
    np.testing.assert_allclose(read[1], read[0], atol=0.5)
    assert np.ptp(read[1]) > 70


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
    read = Tones.of(np.uint8(255 * faded ** np.array(tone)), SIDE)
    np.testing.assert_allclose(percents(read.lightness), [5, 95], atol=0.6)


def test_a_photo_with_colors_of_its_own_has_not_faded():
    rgb = np.uint8(80 + 60 * RAMP)[..., None].repeat(3, axis=-1)
    rgb[:, ::2, 0] += 40  # red and grey of one tone
    read = Tones.of(rgb, SIDE)
    np.testing.assert_allclose(read.lightness, color.uint8_to_lightness(rgb), atol=1e-3)
