"""Crops on the devices: Pillow's pixels, the host's boxes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from acolvit_jax.data import transforms
from acolvit_jax.training import crops
from tests.photos import make_rgb

HEIGHT, WIDTH, SIDE = 70, 95, 96


def boxes(size, scale_min, count=4000):
    keys = jax.random.split(jax.random.key(0), count)
    draw = jax.vmap(lambda key: crops.draw_box(key, jnp.array(size), scale_min))
    return np.asarray(draw(keys))


@pytest.mark.parametrize("side", [32, 64, 128])
@pytest.mark.parametrize("box", [(0, 0, 95, 70), (3, 5, 63, 50), (10.5, 20.25, 80.75, 69.5)])
def test_a_part_has_the_pixels_that_pillow_gives_it(box, side):
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    rgb = make_rgb(3, (HEIGHT, WIDTH)) // 2 + noise // 2
    square = np.full((SIDE, SIDE, 3), 255, np.uint8)  # what lies beside the photo is not seen
    square[:HEIGHT, :WIDTH] = rgb
    size = jnp.array([HEIGHT, WIDTH])
    got = np.asarray(crops.resample(square, size, jnp.array(box, jnp.float32), side))
    bilinear = Image.Resampling.BILINEAR
    expected = np.asarray(Image.fromarray(rgb).resize((side, side), bilinear, box=box), int)
    np.testing.assert_array_equal(got, np.round(got))
    assert np.abs(got - expected).max() <= 1  # of Pillow's fixed-point weights
    assert (got != expected).mean() < 0.05


def test_doubled_pixels_are_pillows():
    """Weights are quarters, which both have exactly: halves are rounded up."""
    rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    box = jnp.array([0.0, 0.0, 64.0, 64.0])
    got = crops.resample(rgb, jnp.array([64, 64]), box, 128)
    expected = Image.fromarray(rgb).resize((128, 128), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(got, np.asarray(expected))


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
