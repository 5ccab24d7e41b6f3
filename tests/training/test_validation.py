"""Scores of the validation images."""

import dataclasses

import jax
import numpy as np
import pytest
from PIL import Image
from skimage.color import lab2rgb
from skimage.metrics import peak_signal_noise_ratio

from acolvit_jax.common.errors import DataError
from acolvit_jax.data.skips import Skips
from acolvit_jax.data.sources import folder_source
from acolvit_jax.data.validation import check_usable
from acolvit_jax.models.params import init_params
from acolvit_jax.training import sharding
from acolvit_jax.training.setup import set_up
from acolvit_jax.training.validation import make_eval_step, validate
from tests.photos import make_folder
from tests.training.runs import MODEL, small_config


def test_without_an_image_there_is_no_score():
    with pytest.raises(DataError, match="none of the validation images can be scored"):
        validate(lambda *_: None, {}, [], (1, 10), sharding.make_mesh(1))


def test_photos_that_cannot_be_scored_are_told_before_training(tmp_path):
    held_out = tmp_path / "held_out"
    held_out.mkdir()
    for i in range(3):
        Image.new("RGB", (40, 30), "grey").save(held_out / f"{i}.png")
    config = small_config(make_folder(tmp_path / "photos", 8))
    data = dataclasses.replace(config.data, validation_path=str(held_out))
    with pytest.raises(DataError, match="all 3 images are near grey"):
        set_up(dataclasses.replace(config, data=data), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(DataError, match="none of the 2 validation images can be scored"):
        check_usable(folder_source(held_out), data, 2, Skips(3, most=1.0))


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
def test_what_fills_a_batch_counts_for_nothing():
    mesh = sharding.make_mesh(1)
    step = make_eval_step(MODEL, 0.5, mesh)
    params = init_params(MODEL, 0)
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    inputs = rng.uniform(-0.5, 0.5, (8, 32, 32, 4)).astype(np.float32)
    valid = np.array([1, 1, 1, 1, 1, 0, 0, 0], np.float32)
    sums, given = step(params, **sharding.put_batch(part(inputs, rgb, valid), mesh))
    lightness = 100 * inputs[..., :1] + 50
    shown = [lab2rgb(np.dstack([lightness[i], 110 * np.asarray(given["ab"])[i]])) for i in range(5)]
    scores = [peak_signal_noise_ratio(rgb[i] / 255, shown[i], data_range=1) for i in range(5)]
    assert float(sums["psnr"]) == pytest.approx(sum(scores), rel=1e-4)
    assert float(sums["count"]) == 5
    np.testing.assert_allclose(sums["keep"], np.asarray(given["decisions"])[:5].sum(axis=0))
    inputs[5:], rgb[5:] = 0.1, 255
    other, _ = step(params, **sharding.put_batch(part(inputs, rgb, valid), mesh))
    jax.tree.map(np.testing.assert_array_equal, sums, other)


def part(inputs, rgb, valid):
    return {"inputs": inputs, "rgb": rgb, "valid": valid}
