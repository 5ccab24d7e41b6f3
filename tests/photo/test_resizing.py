"""Photos made smaller: antialiased, rounded once, halves up."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.photo import images
from tests.photos import make_rgb


@pytest.mark.parametrize("size", [(24, 36), (7, 80), (60, 5), (1, 1), (90, 200)])
def test_resize_is_antialiased_bilinear_rounded_once(size):
    """Pillow's resampling of floats is the truth; its bytes are rounded twice."""
    picture = make_rgb(0, (48, 72))
    out = images.resize(picture, size)
    for channel, made in enumerate(np.moveaxis(out, -1, 0)):
        plane = Image.fromarray(picture[..., channel].astype(np.float32))
        truth = np.asarray(plane.resize(size[::-1], Image.Resampling.BILINEAR))
        assert abs(made - truth).max() <= 0.5 + 1e-3
    pillow = Image.fromarray(picture).resize(size[::-1], Image.Resampling.BILINEAR)
    assert abs(out.astype(int) - np.asarray(pillow)).max() <= 1


def test_resize_rounds_halves_up():
    picture = np.zeros((2, 1, 3), np.uint8)
    picture[1] = 1, 3, 255
    np.testing.assert_array_equal(images.resize(picture, (1, 1)), [[[1, 2, 128]]])


def test_resize_rounds_halves_up_that_floats_miss():
    """Against exact fractions: of ten lines four, whose sums are twenty-seconds and others."""
    step = Fraction(10, 4)
    middles = [(i + Fraction(1, 2)) * step for i in range(4)]
    lines = [[max(0, 1 - abs(j + Fraction(1, 2) - m) / step) for j in range(10)] for m in middles]
    weights = np.array([[w / sum(line) for w in line] for line in lines])
    picture = np.random.default_rng(0).integers(0, 256, (10, 200, 3), dtype=np.uint8)
    exact = np.tensordot(weights, picture.astype(object), 1)
    halves = [value for value in exact.flat if value % 1 == Fraction(1, 2)]
    assert len(halves) > 20
    expected = np.array([int(value + Fraction(1, 2)) for value in exact.flat])
    np.testing.assert_array_equal(images.resize(picture, (4, 200)).ravel(), expected)


def test_resize_keeps_the_ends_of_the_range():
    for value in (0, 255):
        assert (images.resize(np.full((101, 67, 3), value, np.uint8), (37, 41)) == value).all()


def test_crop_resize_takes_the_box():
    picture = np.zeros((16, 24, 3), np.uint8)
    picture[:8, 12:] = (0, 255, 0)
    out = images.crop_resize(picture, (12, 0, 24, 8), (8, 12))
    assert (out == (0, 255, 0)).all()


@pytest.mark.parametrize(
    ("size", "shrunk"),
    [((30, 50), (12, 20)), ((50, 30), (20, 12)), ((12, 90), (12, 90)), ((1000, 1), (1000, 1))],
)
def test_shrink_fits_the_short_side(size, shrunk):
    rgb = make_rgb(0, size)
    small = images.shrink(rgb, 12)
    assert small.shape == (*shrunk, 3)
    np.testing.assert_array_equal(small, images.resize(rgb, shrunk))
