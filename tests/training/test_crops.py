"""Crops on the devices: Pillow's pixels, the host's boxes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from acolvit_jax.data import transforms
from acolvit_jax.data.memory import stack
from acolvit_jax.training import crops
from tests.photos import make_rgb

HEIGHT, WIDTH = 70, 95


def boxes(size, scale_min, count=4000):
    keys = jax.random.split(jax.random.key(0), count)
    draw = jax.vmap(lambda key: crops.draw_box(key, jnp.array(size), scale_min))
    return np.asarray(draw(keys))


def noisy(size):
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    return make_rgb(3, size) // 2 + noise // 2


def resampled(rgb, box, side, most=None):
    """A part of a photo that lies between two white ones, which are not seen."""
    white = np.full_like(rgb, 255)
    photos = stack([white, rgb, white], min(rgb.shape[:2]))
    most = most or min(len(photos.lines), crops.most_lines(photos.lines.shape[1], side))
    place, box = (photos.first[1], jnp.array(photos.sizes[1])), jnp.array(box, jnp.float32)
    return np.asarray(crops.resample(jnp.array(photos.lines), *place, box, side, most))


def pillows(rgb, box, side):
    image = Image.fromarray(rgb).resize((side, side), Image.Resampling.BILINEAR, box=box)
    return np.asarray(image, int)


WIDE = [(0, 0, 95, 70), (3, 5, 63, 50), (10.5, 20.25, 80.75, 69.5)]
LONG = [(0, 0, 40, 30), (260, 0, 300, 30), (101.25, 2.5, 130.75, 29.5)]


@pytest.mark.parametrize("side", [32, 64, 128])
@pytest.mark.parametrize(
    ("size", "box"), [*(((70, 95), box) for box in WIDE), *(((30, 300), box) for box in LONG)]
)
def test_a_part_has_the_pixels_that_pillow_gives_it(size, box, side):
    rgb = noisy(size)
    got, expected = resampled(rgb, box, side), pillows(rgb, box, side)
    np.testing.assert_array_equal(got, np.round(got))
    assert np.abs(got - expected).max() <= 1  # of Pillow's fixed-point weights
    assert (got != expected).mean() < 0.05
    # A tall photo is the transposed one, and rounded in the other order.
    left, top, right, bottom = box
    tall, upright = rgb.swapaxes(0, 1), (top, left, bottom, right)
    np.testing.assert_array_equal(resampled(tall, upright, side), got.swapaxes(0, 1))
    assert np.abs(got.swapaxes(0, 1) - pillows(tall, upright, side)).max() <= 1


def test_doubled_pixels_are_pillows():
    """Weights are quarters, which both have exactly: halves are rounded up."""
    rgb, whole = noisy((64, 64)), (0, 0, 64, 64)
    np.testing.assert_array_equal(resampled(rgb, whole, 128), pillows(rgb, whole, 128))


@pytest.mark.parametrize("size", [(40, 40), (40, 51), (40, 200)])
@pytest.mark.parametrize("side", [16, 64])
def test_no_drawn_crop_is_made_of_more_lines_than_are_looked_at(size, side):
    rgb = noisy(size)
    every = 3 * max(size)
    for box in boxes(size, 0.08, 12):
        few, all_ = (resampled(rgb, box, side, most) for most in (None, every))
        assert np.abs(few - all_).max() <= 1  # of sums in another order
        assert (few != all_).mean() < 0.01


def test_boxes_are_drawn_as_the_host_draws_them():
    drawn = boxes((HEIGHT, WIDTH), 0.3)
    rng = np.random.default_rng(0)
    host = [transforms.random_crop_box(rng, (HEIGHT, WIDTH), 0.3) for _ in range(4000)]
    left, top, right, bottom = drawn.T
    assert min(left.min(), top.min()) == 0
    assert (right.max(), bottom.max()) == (WIDTH, HEIGHT)
    np.testing.assert_array_equal(drawn, np.round(drawn))
    area, aspect = (right - left) * (bottom - top), (right - left) / (bottom - top)
    assert area.min() >= 0.29 * HEIGHT * WIDTH
    assert 0.73 < aspect.min() < 0.77
    assert 1.30 < aspect.max() < 1.36
    # Means of 4,000 boxes: they differ by chance by less than a pixel.
    np.testing.assert_allclose(drawn.mean(axis=0), np.mean(host, axis=0), atol=1.0)
    np.testing.assert_allclose(drawn.std(axis=0), np.std(host, axis=0), rtol=0.05)


@pytest.mark.parametrize("size", [(10, 100), (100, 10), (1, 1)])
def test_where_no_box_fits_the_largest_of_an_allowed_aspect_is_taken(size):
    expected = transforms.random_crop_box(np.random.default_rng(0), size, 1.0)
    np.testing.assert_array_equal(boxes(size, 1.0, 8), np.array([expected] * 8, np.float32))


def test_a_window_is_the_same_part_as_on_the_host():
    box, origin = (4.0, 6.0, 60.0, 90.0), np.array([3, 5])
    expected = transforms.window_box(box, origin, 4, 14)
    got = crops.window_box(jnp.array(box), jnp.array(origin), 4, 14)
    np.testing.assert_allclose(got, expected, rtol=1e-6)
