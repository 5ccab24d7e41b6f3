"""Lightness as scans have it, on the devices: what the host's changes do, and Pillow's JPEG."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from acolvit_jax.data import augment, transforms
from acolvit_jax.training import aging
from tests.photos import make_rgb

CHANGES = (aging.tones, aging.noise, aging.blur, aging.jpeg, aging.age_lightness)


@pytest.fixture
def lightness():
    return transforms.to_model_units(make_rgb(0, (64, 64)))[0]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_keep_shape_and_type_and_depend_on_the_key_alone(change, lightness):
    first, again, other = (change(jax.random.key(seed), lightness) for seed in (0, 0, 3))
    assert (first.shape, first.dtype) == (lightness.shape, jnp.float32)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("quality", [15, 30, 50, 70])
def test_jpeg_is_pillows(quality, lightness):
    grain = np.random.default_rng(0).normal(0, 0.05, lightness.shape).astype(np.float32)
    lightness = np.clip(lightness + grain, -0.5, 0.5)
    got = np.asarray(aging.jpeg_of(jnp.int32(quality), lightness))
    buffer = io.BytesIO()
    levels = np.round((lightness + 0.5) * 255).astype(np.uint8)
    Image.fromarray(levels).save(buffer, "JPEG", quality=quality)
    expected = np.asarray(Image.open(buffer)).astype(np.float32)
    shown = (got + 0.5) * 255
    # A frequency that lies on a half is rounded either way, and moves its block.
    assert (np.abs(shown - expected) <= 1).mean() > 0.9
    assert np.abs(shown - expected).mean() < 0.05 * np.abs(shown - levels).mean()


def test_tones_keep_the_order_of_lightness(lightness):
    order = np.argsort(lightness.ravel())
    for seed in range(20):
        out = np.asarray(aging.tones(jax.random.key(seed), lightness))
        assert (np.diff(out.ravel()[order]) >= -1e-6).all()
        assert -0.5 <= out.min() <= out.max() <= 0.5


def test_noise_is_white_and_as_strong_as_the_strongest_allowed():
    sizes = [float(aging.noise(jax.random.key(s), jnp.zeros((64, 64))).std()) for s in range(50)]
    assert 0.9 * augment.MOST_NOISE < max(sizes) < 1.05 * augment.MOST_NOISE
    assert min(sizes) < 0.1 * augment.MOST_NOISE


def test_blur_is_a_gaussian():
    edge = np.repeat(np.float32([-0.4, 0.4]), 16)[None].repeat(32, axis=0)
    out = np.asarray(aging.blur(jax.random.key(1), edge))
    np.testing.assert_allclose(out[:, [0, 31]], edge[:, [0, 31]], atol=1e-4)
    step = np.diff(out[16])  # the derivative of a blurred edge is the kernel
    spread = np.sqrt((step * (np.arange(31) - 15.0) ** 2).sum() / step.sum())
    low, high = augment.BLUR_RADII
    assert low <= spread <= high


def test_half_of_the_changes_are_made(lightness):
    keys = jax.random.split(jax.random.key(0), 400)
    aged = np.asarray(jax.vmap(lambda key: aging.age_lightness(key, lightness))(keys))
    unchanged = (aged == lightness).all(axis=(1, 2)).mean()
    assert unchanged == pytest.approx(1 / 16, abs=0.03)
    assert -0.5 <= aged.min() <= aged.max() <= 0.5
