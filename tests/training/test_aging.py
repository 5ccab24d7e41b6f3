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


def spread(edge):
    """How far a blurred edge reaches: the derivative is the kernel."""
    step = np.diff(np.asarray(edge)[16])
    return np.sqrt((step * (np.arange(31) - 15.0) ** 2).sum() / step.sum())


def difference(of):
    return lambda out: np.abs(np.asarray(out) - of).mean()


EDGE = np.repeat(np.float32([-0.4, 0.4]), 16)[None].repeat(32, axis=0)
GRAIN = np.random.default_rng(0).normal(0, 0.1, (32, 32)).astype(np.float32).clip(-0.5, 0.5)
RAMP = np.linspace(-0.5, 0.5, 1024, dtype=np.float32).reshape(32, 32)
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


# Of a side of 36 the last blocks are filled up.
@pytest.mark.parametrize(("quality", "side"), [(15, 64), (30, 64), (50, 64), (70, 64), (30, 36)])
def test_jpeg_is_pillows(quality, side, lightness):
    lightness = lightness[:side, :side]
    grain = np.random.default_rng(0).normal(0, 0.05, lightness.shape).astype(np.float32)
    lightness = np.clip(lightness + grain, -0.5, 0.5)
    got = np.asarray(aging.jpeg_of(jnp.int32(quality), lightness))
    buffer = io.BytesIO()
    levels = np.round((lightness + 0.5) * 255).astype(np.uint8)
    Image.fromarray(levels).save(buffer, "JPEG", quality=quality)
    expected = np.asarray(Image.open(buffer)).astype(np.float32)
    shown = (got + 0.5) * 255
    # A frequency that lies on a half is rounded either way, and moves its block.
    assert shown.shape == expected.shape
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
    out = np.asarray(aging.blur(jax.random.key(1), EDGE))
    np.testing.assert_allclose(out[:, [0, 31]], EDGE[:, [0, 31]], atol=1e-4)
    low, high = augment.BLUR_RADII
    assert low <= spread(out) <= high


MEASURED = {
    "blur": (EDGE, spread),
    "darkest": (RAMP, np.min),
    "middle": (RAMP, np.median),
    "lightest": (RAMP, np.max),
    "noise": (np.zeros((32, 32), np.float32), np.std),
    "jpeg": (GRAIN, difference(GRAIN)),
}


@pytest.mark.parametrize("what", MEASURED)
def test_changes_are_as_strong_as_on_the_host(what):
    """Deciles of 1,000 draws each: chance moves them by 0.03 of their range."""
    lightness, measure = MEASURED[what]
    name = what if what in ("blur", "noise", "jpeg") else "tones"
    keys = jax.random.split(jax.random.key(0), 1000)
    changed = jax.jit(jax.vmap(lambda key: getattr(aging, name)(key, lightness)))(keys)
    device = [measure(one) for one in np.asarray(changed)]
    rng = np.random.default_rng(0)
    host = [measure(getattr(augment, name)(rng, lightness)) for _ in keys]
    tenths = np.arange(0.1, 1, 0.1)
    ours, theirs = np.quantile(device, tenths), np.quantile(host, tenths)
    np.testing.assert_allclose(ours, theirs, atol=0.12 * (theirs[-1] - theirs[0]))


def test_changes_come_in_the_order_of_the_host(monkeypatch):
    """Each writes its digit before those that were written."""
    for module in (aging, augment):
        for digit, name in enumerate(("blur", "tones", "noise", "jpeg"), start=1):
            monkeypatch.setattr(module, name, lambda _, l_norm, d=digit: (l_norm + d) / 10)
    monkeypatch.setattr(augment, "CHANCE", 1.0)
    start = np.zeros((8, 8), np.float32)
    host = augment.age_lightness(np.random.default_rng(0), start)
    device = aging.age_lightness(jax.random.key(0), start)
    np.testing.assert_allclose(host, 0.4321, rtol=1e-6)
    np.testing.assert_allclose(device, 0.4321, rtol=1e-6)


def test_half_of_the_changes_are_made(lightness):
    keys = jax.random.split(jax.random.key(0), 400)
    aged = np.asarray(jax.vmap(lambda key: aging.age_lightness(key, lightness))(keys))
    unchanged = (aged == lightness).all(axis=(1, 2)).mean()
    assert unchanged == pytest.approx(1 / 16, abs=0.03)
    assert -0.5 <= aged.min() <= aged.max() <= 0.5
