"""Lightness as scans have it: each change does what it says, colors to learn stay true."""

import numpy as np
import pytest

from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data import augment, transforms
from tests.photos import make_rgb

MODEL = ModelConfig()


@pytest.fixture
def lightness():
    return transforms.to_model_units(make_rgb(0, (64, 64)))[0]


@pytest.mark.parametrize("change", [augment.tones, augment.noise, augment.blur, augment.jpeg])
def test_changes_keep_shape_and_type_and_depend_on_the_seed_alone(change, lightness):
    first, again, other = (change(np.random.default_rng(s), lightness) for s in (0, 0, 1))
    assert first.shape == lightness.shape
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_tones_keep_the_order_of_lightness(lightness):
    for seed in range(20):
        out = augment.tones(np.random.default_rng(seed), lightness)
        order = np.argsort(lightness.ravel())
        assert (np.diff(out.ravel()[order]) >= 0).all()
        assert out.min() >= -0.5
        assert out.max() <= 0.5


def test_noise_is_as_strong_as_drawn():
    rng = np.random.default_rng(7)
    size = np.random.default_rng(7).uniform(0, augment.MOST_NOISE)
    out = augment.noise(rng, np.zeros((200, 200), np.float32))
    assert out.std() == pytest.approx(size, rel=0.02)
    assert out.mean() == pytest.approx(0, abs=0.002)


def test_blur_keeps_flat_lightness_and_softens_an_edge():
    edge = np.repeat(np.float32([-0.4, 0.4]), 16)[None].repeat(32, axis=0)
    out = augment.blur(np.random.default_rng(0), edge)
    np.testing.assert_allclose(out[:, [0, 31]], edge[:, [0, 31]], atol=1 / 255)
    assert np.abs(np.diff(out)).max() < 0.79


def test_jpeg_is_near_the_lightness_but_not_it(lightness):
    out = augment.jpeg(np.random.default_rng(0), lightness)
    assert 0 < np.abs(out - lightness).mean() < 0.1


def test_aged_examples_learn_the_same_colors_from_other_lightness():
    rgb = make_rgb(1)
    plain = transforms.TrainTransform(DataConfig(), MODEL)
    aged = transforms.TrainTransform(DataConfig(aged_share=1.0), MODEL)
    differ = 0
    for seed in range(12):
        a, b = (t(rgb, np.random.default_rng(seed)) for t in (plain, aged))
        np.testing.assert_array_equal(a["ab"], b["ab"])
        np.testing.assert_array_equal(a["hinted"], b["hinted"])
        differ += (a["l"] != b["l"]).any()
        assert np.abs(b["l"]).max() <= 0.5 / transforms.STEP
    assert differ >= 8  # one in sixteen meets no change
