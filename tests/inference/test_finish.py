"""The photo's own lightness, the model's colors."""

import tracemalloc

import jax.numpy as jnp
import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.hints import Hint
from acolvit_jax.inference import finish
from acolvit_jax.inference.placed import place
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo.compose import CHUNK
from tests.photos import make_rgb


@pytest.mark.parametrize("size", [(1, 1), (5, 700), (37, 41), (600, 500)])
def test_colors_are_scikit_image_s_on_the_photo_s_lightness(size):
    rgb = make_rgb(0, size)
    ab = np.full((32, 32, 2), [20.0, -15.0], np.float32)
    lab = rgb2lab(rgb)
    lab[..., 1:] = [20.0, -15.0]
    with np.errstate(all="ignore"):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-image tells of colors outside sRGB
            expected = np.round(lab2rgb(lab) * 255)
    got = finish.color_photo(rgb, ab)
    assert got.shape == rgb.shape
    assert got.dtype == np.uint8
    assert abs(got.astype(int) - expected).max() <= 1


def test_lightness_stays_where_the_colors_fit_in_srgb():
    rgb = make_rgb(1, (60, 80)) // 3 + 85  # mid lightness: small colors stay inside
    got = finish.color_photo(rgb, np.full((32, 32, 2), 8.0, np.float32))
    assert abs(rgb2lab(got)[..., 0] - rgb2lab(rgb)[..., 0]).max() < 0.6


@pytest.mark.parametrize("bad", ["1", None, 3.0, np.nan, [1.0], pytest.param(10**400, id="huge")])
@pytest.mark.parametrize("name", ["saturation", "warmth"])
def test_what_is_no_number_in_range_is_refused(name, bad):
    with pytest.raises(ConfigError, match=rf"{name} .* must be a number in \[") as told:
        finish.Finish(**{name: bad})
    assert len(str(told.value)) < 100


@pytest.mark.parametrize("half", [np.float32(0.5), np.array(0.5), jnp.float32(0.5)])
def test_numbers_of_libraries_finish_too(half):
    finished = finish.Finish(half, np.int64(1)).of(np.ones(2, np.float32))
    assert finished.tolist() == [0.5 + 6, 0.5 + 18]


@pytest.mark.parametrize("size", [(3, CHUNK + 10), (2 * CHUNK + 3, 1), (66, 1001)])
def test_photos_of_many_tiles_are_colored_everywhere(size):
    rgb = np.full((*size, 3), 90, np.uint8)
    got = finish.color_photo(rgb, np.full((16, 16, 2), 12.0, np.float32))
    assert (got == got[0, 0]).all()
    assert got[0, 0, 0] > 90 > got[0, 0, 1]


@pytest.mark.parametrize("size", [(1, 70_000), (70_000, 1)])
def test_a_long_picture_takes_the_memory_of_its_pixels(size):
    rgb, ab = np.full((*size, 3), 90, np.uint8), np.full((224, 224, 2), 12.0, np.float32)
    tracemalloc.start()
    try:
        Tones.of(rgb, 224)
        place([Hint(size[0] - 1, size[1] - 1, (1, 2, 3))], size, 224)
        finish.color_photo(rgb, ab)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50e6


def test_a_photo_of_several_bands_has_no_seam(monkeypatch):
    rgb, ab = make_rgb(2, (90, 70)), 20 * np.random.default_rng(1).normal(size=(16, 16, 2))
    at_once = finish.color_photo(rgb, ab.astype(np.float32))
    monkeypatch.setattr(finish, "CHUNK", 700)
    monkeypatch.setattr(finish, "_MOST_GROUPS", 5)
    assert abs(finish.color_photo(rgb, ab.astype(np.float32)).astype(int) - at_once).max() <= 1
