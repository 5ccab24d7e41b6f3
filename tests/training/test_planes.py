"""What a device draws of a compact batch is what a model is shown."""

import jax
import numpy as np
import pytest

from acolvit_jax import hints
from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data.transforms import STEP, TrainTransform
from acolvit_jax.training import sharding
from acolvit_jax.training.planes import make_draw
from tests.photos import make_rgb


@pytest.mark.parametrize("hint_size", [2, 4])
def test_the_planes_are_those_of_the_cells(hint_size):
    rng = np.random.default_rng(0)
    lightness = rng.integers(-(2**13), 2**13, (8, 16, 16), np.int16)
    ab = rng.integers(-(2**14), 2**14, (8, 16, 16, 2), np.int16)
    side = 16 // hint_size
    cells = [hints.sample_cells(rng, (side, side), count) for count in range(8)]
    hinted = np.zeros((8, side, side), bool)
    for i, places in enumerate(cells):
        hinted[i, places[:, 0], places[:, 1]] = True
    mesh = sharding.make_mesh(1)
    batch = {"l": lightness, "ab": ab, "hinted": hinted, "origin": np.zeros((8, 2), np.int32)}
    drawn = make_draw(hint_size, mesh)(sharding.put_batch(batch, mesh))
    assert drawn.keys() == {"inputs", "target_ab", "origin"}
    for i, places in enumerate(cells):
        wide = (ab[i] * STEP).astype(np.float32)
        light = (lightness[i] * STEP).astype(np.float32)
        expected = hints.model_input(light, wide, places, hint_size)
        np.testing.assert_allclose(drawn["inputs"][i], expected, atol=1e-6)
        np.testing.assert_array_equal(drawn["target_ab"][i], wide)
    assert drawn["inputs"].sharding.is_equivalent_to(sharding.batch_sharding(mesh), 4)


def test_an_image_is_sent_in_a_third_of_a_megabyte():
    example = TrainTransform(DataConfig(), ModelConfig())(make_rgb(0), np.random.default_rng(0))
    assert sum(value.nbytes for value in jax.tree.leaves(example)) == 224 * 224 * 6 + 112 * 112
