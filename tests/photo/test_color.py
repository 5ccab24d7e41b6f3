"""Color against scikit-image's independent implementation."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab

from acolvit_jax.photo import color


@pytest.fixture(scope="module")
def cube() -> np.ndarray:
    steps = np.linspace(0, 255, 33).round().astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)


def test_lab_matches_scikit_image_over_the_cube(cube):
    expected = rgb2lab(cube[None])[0]
    np.testing.assert_allclose(color.uint8_to_lab(cube), expected, atol=1e-3)


@pytest.mark.parametrize("xp", [np, jnp])
def test_lab_of_floats_matches_scikit_image(cube, xp):
    rgb = np.random.default_rng(0).uniform(0, 1, (2000, 3)).astype(np.float32)
    rgb = np.concatenate([rgb, cube / np.float32(255)])
    got = color.rgb_to_planes([xp.asarray(rgb[:, i]) for i in range(3)], xp)
    np.testing.assert_allclose(np.stack(got, axis=-1), rgb2lab(rgb[None])[0], atol=1e-3)


def test_lightness_is_the_first_plane(cube):
    got = color.uint8_to_lightness(cube.reshape(33, -1, 3))
    np.testing.assert_allclose(got.reshape(-1), color.uint8_to_lab(cube)[:, 0], atol=2e-5)


def test_every_8_bit_color_of_the_lattice_survives_the_round_trip(cube):
    lab = color.uint8_to_lab(cube)
    assert np.abs(color.lab_to_rgb(lab) * 255 - cube).max() < 0.5
    np.testing.assert_array_equal(color.lab_to_uint8(lab), cube)


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")  # it tells of clipped z values
def test_inverse_matches_scikit_image_outside_the_gamut_too():
    rng = np.random.default_rng(0)
    lab = rng.uniform([0, -110, -110], [100, 110, 110], (2000, 3)).astype(np.float32)
    expected = lab2rgb(lab[None])[0]
    np.testing.assert_allclose(color.lab_to_rgb(lab), expected, atol=1e-4)


def test_jax_and_numpy_agree(cube):
    rgb = (cube / 255).astype(np.float32)
    lab = color.uint8_to_lab(cube)
    np.testing.assert_allclose(color.lab_to_rgb(jnp.asarray(lab), jnp), rgb, atol=5e-5)
    recolored = color.recolor(jnp.asarray(rgb), lab[:, 1], lab[:, 2], jnp)
    np.testing.assert_allclose(recolored, rgb, atol=1e-4)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_lightness_is_in_its_range(rgb):
    assert 0 <= color.uint8_to_lab(np.array(rgb, np.uint8))[0] <= 100.001


def test_model_units():
    assert color.normalize_l(75.0) == 0.25
    assert color.normalize_ab(55.0) == 0.5
    assert color.denormalize_l(color.normalize_l(12.5)) == 12.5
    assert color.denormalize_ab(color.normalize_ab(-33.0)) == pytest.approx(-33.0)


@pytest.mark.parametrize("shape", [(3,), (5, 3), (4097, 3), (70, 60, 3), (0, 3)])
def test_planes_are_the_same_colors(shape):
    rgb = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    lab = color.uint8_to_lab(rgb)
    planes = color.uint8_to_planes(rgb)
    assert (lab.dtype, lab.shape, planes.shape) == (np.float32, shape, (3, *shape[:-1]))
    np.testing.assert_array_equal(planes, np.moveaxis(lab, -1, 0))
    np.testing.assert_allclose(lab, rgb2lab(rgb[None])[0], atol=1e-3)


def test_only_8_bit_colors_take_the_fast_path():
    with pytest.raises(TypeError, match="float32"):
        color.uint8_to_lab(np.zeros((2, 3), np.float32))
