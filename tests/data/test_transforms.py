"""Crops, windows and hints of training examples; fixed hints of validation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data import transforms
from acolvit_jax.photo import color, images
from tests.photos import make_rgb

MODEL = ModelConfig()


@given(st.integers(0, 2**32), st.integers(1, 600), st.integers(1, 600), st.floats(0.05, 1))
def test_crops_lie_inside_the_photo(seed, height, width, scale):
    box = transforms.random_crop_box(np.random.default_rng(seed), (height, width), scale)
    left, top, right, bottom = box
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


def test_crops_have_the_areas_and_aspects_asked_for():
    rng = np.random.default_rng(0)
    boxes = np.array([transforms.random_crop_box(rng, (500, 500), 0.25) for _ in range(2000)])
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    assert (w * h / 250_000).min() > 0.245
    assert (w * h / 250_000).max() > 0.9
    assert 0.74 < (w / h).min() < 0.8
    assert 1.25 < (w / h).max() < 1.36


def test_a_photo_no_crop_fits_gets_the_largest_centered_one():
    box = transforms.random_crop_box(np.random.default_rng(0), (10, 1000), 1.0)
    assert box == (500 - 6.5, 0, 500 + 6.5, 10)


def test_a_window_shows_its_part_of_the_crop():
    box = transforms.window_box((10, 20, 150, 160), np.array([3, 4]), 7, 14)
    assert box == (50, 50, 120, 120)


def test_an_example_is_its_photo_in_model_units():
    transform = transforms.TrainTransform(DataConfig(crop_scale_min=1.0), MODEL)
    rgb = make_rgb(0, (100, 100))
    example = transform(rgb, np.random.default_rng(0))
    assert example.keys() == {"l", "ab", "hinted"}
    assert example["ab"].shape == (224, 224, 2)
    assert example["hinted"].shape == (112, 112)
    assert example["l"].dtype == example["ab"].dtype == np.int16
    # Rebuilding the picture from lightness and target gives the crop's colors back.
    lab = np.concatenate(
        [
            color.denormalize_l(example["l"][..., None] * transforms.STEP),
            color.denormalize_ab(example["ab"] * transforms.STEP),
        ],
        axis=-1,
    )
    rebuilt = color.lab_to_uint8(lab).astype(float)
    box = transforms.random_crop_box(np.random.default_rng(0), (100, 100), 1.0)
    expected = images.crop_resize(rgb, box, (224, 224))
    np.testing.assert_array_equal(rebuilt, expected)  # the steps are finer than 8 bits


def test_hints_fall_on_as_many_cells_as_are_drawn():
    transform = transforms.TrainTransform(DataConfig(), MODEL)
    counts = [
        transform(make_rgb(1), np.random.default_rng(seed))["hinted"].sum() for seed in range(40)
    ]
    assert 0 <= min(counts) < 20
    assert 108 < max(counts) <= 128


def test_windows_are_cut_from_whole_images():
    """The same randomness gives a window that is a part of the whole image, hints included."""
    rgb = make_rgb(2, (448, 448))
    data = DataConfig(window=7, crop_scale_min=1.0)
    example = transforms.TrainTransform(data, MODEL)(rgb, np.random.default_rng(5))
    assert example["l"].shape == (112, 112)
    assert example["ab"].shape == (112, 112, 2)
    rng = np.random.default_rng(5)
    box = transforms.random_crop_box(rng, (448, 448), 1.0)
    row, column = example["origin"]
    assert (rng.integers(8, size=2) == example["origin"]).all()
    whole = images.crop_resize(rgb, box, (224, 224))
    l_norm, ab = transforms.to_model_units(whole)
    rows, columns = slice(row * 16, row * 16 + 112), slice(column * 16, column * 16 + 112)
    np.testing.assert_allclose(example["l"] * transforms.STEP, l_norm[rows, columns], atol=0.03)
    np.testing.assert_allclose(example["ab"] * transforms.STEP, ab[rows, columns], atol=0.03)


def test_few_hints_are_as_common_as_many_where_that_is_asked_for():
    transform = transforms.TrainTransform(DataConfig(hint_counts="log-uniform"), MODEL)
    rgb = make_rgb(0)
    counts = np.array(
        [transform(rgb, np.random.default_rng(i))["hinted"].sum() for i in range(300)]
    )
    # One to two hints lie in ln 2 of the ln 130 of all, and so do three to six.
    share = np.log(2) / np.log(130)
    assert np.isin(counts, (1, 2)).mean() == pytest.approx(share, abs=0.06)
    assert ((counts >= 3) & (counts <= 6)).mean() == pytest.approx(share, abs=0.06)


def test_windows_get_their_share_of_the_hints():
    transform = transforms.TrainTransform(DataConfig(window=7), MODEL)
    rgb = make_rgb(0)
    counts = [transform(rgb, np.random.default_rng(i))["hinted"].sum() for i in range(300)]
    assert np.mean(counts) == pytest.approx(64 / 4, rel=0.15)


@pytest.mark.parametrize("window", [0, 7])
def test_clicks_are_all_inside_what_is_shown(window):
    data = DataConfig(click_share=1.0, max_clicks=9, window=window)
    transform = transforms.TrainTransform(data, MODEL)
    rgb = make_rgb(0)
    counts = {transform(rgb, np.random.default_rng(i))["hinted"].sum() for i in range(80)}
    assert counts == set(range(1, 10))


def test_the_share_of_clicks_is_what_is_asked_for():
    """Of images with no hints but clicks, as many have hints as the share says."""
    data = DataConfig(click_share=0.3, max_hints=0)
    transform = transforms.TrainTransform(data, MODEL)
    rgb = make_rgb(0)
    hinted = [transform(rgb, np.random.default_rng(i))["hinted"].any() for i in range(400)]
    assert np.mean(hinted) == pytest.approx(0.3, abs=0.07)


def test_half_of_the_images_are_mirrored():
    plain = transforms.TrainTransform(DataConfig(), MODEL)
    flipping = transforms.TrainTransform(DataConfig(flip=True), MODEL)
    rgb = make_rgb(3)
    mirrored = 0
    for seed in range(40):
        a, b = (t(rgb, np.random.default_rng(seed))["ab"] for t in (plain, flipping))
        same = (a == b).all()
        assert same or (a[:, ::-1] == b).all()
        mirrored += not same
    assert 12 <= mirrored <= 28


def test_validation_hints_are_nested_and_depend_on_the_name_alone():
    transform = transforms.EvalTransform(DataConfig(), MODEL, (1, 10, 50))
    rgb = make_rgb(0)
    example = transform(rgb, "a.jpg")
    masks = example["inputs"][..., 3]
    assert [m.sum() / 4 for m in masks] == [1, 10, 50]
    assert (masks[0] <= masks[1]).all()
    assert (masks[1] <= masks[2]).all()
    np.testing.assert_array_equal(transform(rgb, "a.jpg")["inputs"], example["inputs"])
    assert (transform(rgb, "b.jpg")["inputs"] != example["inputs"]).any()
    np.testing.assert_array_equal(example["rgb"], images.resize(rgb, (224, 224)))
