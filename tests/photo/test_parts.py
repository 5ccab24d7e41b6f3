"""What is made of a photo on the way takes less memory than a photo may take."""

import tracemalloc

import numpy as np
import pytest

from acolvit_jax.hints import Hint
from acolvit_jax.hints.pictures import hinted_grey
from acolvit_jax.photo import layers
from acolvit_jax.photo.parts import in_parts
from acolvit_jax.photo.profiles import to_8_bits
from acolvit_jax.photo.raster import off_white, over_white
from acolvit_jax.photo.samples import full_range

SIDES = (1200, 1500)
RGB = np.random.default_rng(0).integers(0, 256, (*SIDES, 3), dtype=np.uint8)
ALPHA = RGB[..., 0].copy()
SHARE = ALPHA / np.float32(255)
DEEP = RGB.astype(np.uint16) * 16
FLOATS = RGB / np.float32(255)


@pytest.mark.parametrize(
    "step",
    [
        lambda: over_white(RGB, SHARE),
        lambda: off_white(RGB, ALPHA),
        lambda: to_8_bits(FLOATS),
        lambda: full_range(DEEP, 16),
        lambda: full_range(FLOATS, 32),
        lambda: hinted_grey(RGB, [Hint(9, 9, (1, 2, 3))]),
        lambda: layers.color_layer(RGB),
    ],
)
def test_a_step_takes_few_bytes_a_pixel(step):
    tracemalloc.start()
    try:
        step()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 22 * RGB[..., 0].size


@pytest.mark.parametrize("size", [(0, 3), (1, 1), (1, 300_000), (300, 1000)])
def test_parts_make_the_whole(size):
    pictures = np.arange(size[0] * size[1] * 2).reshape(*size, 2), np.ones(size)
    made = in_parts(lambda pair, one: pair[:, ::-1] + one[:, None], *pictures)
    np.testing.assert_array_equal(made, pictures[0][..., ::-1] + 1)
