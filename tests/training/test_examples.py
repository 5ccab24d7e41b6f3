"""Examples made on the devices are those of the host: pixels, colors, hints, whatever the mesh."""

import dataclasses

import jax
import numpy as np
import pytest
from jax.sharding import AxisType

from acolvit_jax.data import transforms
from acolvit_jax.data.memory import stack
from acolvit_jax.photo import images
from acolvit_jax.training import sharding
from acolvit_jax.training.examples import make_transform
from acolvit_jax.training.planes import make_draw
from tests.photos import make_rgb
from tests.training.runs import EIGHT_DEVICES, small_config

SIDE = 40


def examples(*, chosen=range(8), numbers=None, mesh=None, seed=0, size=(36, 36), **data):
    """What is made of three photos of a size, and the same on the devices."""
    config = small_config(seed=seed)
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, **data))
    mesh = mesh or sharding.make_mesh(1)
    chosen = np.array(chosen, np.int32)
    numbers = np.arange(len(chosen)) if numbers is None else numbers
    batch = {"photo": chosen % 3, "number": np.array(numbers, np.int32)}
    photos = stack([make_rgb(i, size) for i in range(3)], SIDE)
    made = make_transform(config, photos, mesh)(sharding.put_batch(batch, mesh))
    return {name: np.asarray(value) for name, value in made.items()}, made


def test_a_photo_of_the_models_size_is_what_the_host_makes_of_it():
    made, _ = examples(size=(32, 32), crop_scale_min=1.0)  # of a square nothing but the whole fits
    for i in range(8):
        l_norm, ab_norm = transforms.to_model_units(make_rgb(i % 3, (32, 32)))
        np.testing.assert_allclose(made["l"][i], transforms.in_steps(l_norm), atol=1)
        np.testing.assert_allclose(made["ab"][i], transforms.in_steps(ab_norm), atol=1)


def test_a_larger_photo_is_within_a_step_of_eight_bits_of_it():
    made, _ = examples(crop_scale_min=1.0)
    for i in range(8):
        shown = images.crop_resize(make_rgb(i % 3, (36, 36)), (0, 0, 36, 36), (32, 32))
        l_norm, ab_norm = transforms.to_model_units(shown)
        assert np.abs(made["l"][i] * transforms.STEP - l_norm).max() < 0.01
        assert np.abs(made["ab"][i] * transforms.STEP - ab_norm).max() < 0.05


def test_shapes_and_types_are_those_of_the_host():
    for window in (0, 2):
        made, _ = examples(window=window, click_share=0.5, flip=True, aged_share=0.5)
        config = small_config()
        data = dataclasses.replace(config.data, window=window)
        host = transforms.TrainTransform(data, config.model)
        example = host(make_rgb(0, (36, 36)), np.random.default_rng(0))
        assert made.keys() == example.keys()
        for name, value in example.items():
            assert (made[name].shape, made[name].dtype) == ((8, *value.shape), value.dtype)


def test_an_image_depends_on_seed_number_and_photo_alone():
    whole, _ = examples(click_share=0.5, flip=True, aged_share=0.5)
    order = np.array([5, 2, 7, 0, 1, 3, 4, 6])
    other, _ = examples(chosen=order, numbers=order, click_share=0.5, flip=True, aged_share=0.5)
    for name, value in whole.items():
        np.testing.assert_array_equal(other[name], value[order])
    seeded, _ = examples(seed=1, click_share=0.5, flip=True, aged_share=0.5)
    assert (seeded["l"] != whole["l"]).any()


def test_half_of_the_images_are_mirrored():
    plain, _ = examples(chosen=[0] * 64, crop_scale_min=1.0)
    made, _ = examples(chosen=[0] * 64, crop_scale_min=1.0, flip=True)
    same = (made["l"] == plain["l"]).all(axis=(1, 2))
    mirrored = (made["l"] == plain["l"][:, :, ::-1]).all(axis=(1, 2))
    assert (same ^ mirrored).all()
    assert 16 < mirrored.sum() < 48


def test_a_window_is_a_part_of_its_image_and_its_hints():
    whole, _ = examples(chosen=[1] * 16, max_hints=200)
    part, _ = examples(chosen=[1] * 16, max_hints=200, window=2)
    for i, (row, column) in enumerate(part["origin"]):
        inside = whole["hinted"][i, row * 4 : row * 4 + 8, column * 4 : column * 4 + 8]
        np.testing.assert_array_equal(part["hinted"][i], inside)
        light = whole["l"][i, row * 8 : row * 8 + 16, column * 8 : column * 8 + 16]
        assert np.abs(part["l"][i] - light).mean() < 0.02 / transforms.STEP
    assert len(np.unique(part["origin"], axis=0)) > 3


def test_clicks_take_the_share_that_is_asked_for():
    made, _ = examples(chosen=[2] * 400, click_share=0.3, max_hints=0)
    clicked = made["hinted"].any(axis=(1, 2))
    assert clicked.mean() == pytest.approx(0.3, abs=0.07)


def test_aged_images_learn_the_same_colors_from_other_lightness():
    plain, _ = examples(click_share=0.5)
    aged, _ = examples(click_share=0.5, aged_share=1.0)
    np.testing.assert_array_equal(aged["ab"], plain["ab"])
    np.testing.assert_array_equal(aged["hinted"], plain["hinted"])
    assert (aged["l"] != plain["l"]).any(axis=(1, 2)).sum() >= 5


@EIGHT_DEVICES
def test_eight_devices_make_the_images_of_one():
    auto = (AxisType.Auto,) * 2
    alone = jax.make_mesh((1, 1), sharding.BATCH_AXES, axis_types=auto, devices=jax.devices()[:1])
    one, _ = examples(mesh=alone, click_share=0.5, flip=True)
    eight, arrays = examples(click_share=0.5, flip=True)
    for name, value in one.items():
        np.testing.assert_array_equal(eight[name], value)
    where = sharding.batch_sharding(sharding.make_mesh(1))
    assert arrays["l"].sharding.is_equivalent_to(where, 3)
    drawn = make_draw(2, sharding.make_mesh(1))(arrays)
    assert drawn["inputs"].shape == (8, 32, 32, 4)
