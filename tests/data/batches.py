"""Streams of small batches, and what tests do with them."""

import numpy as np

from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data.loaders import TrainLoader

MODEL = ModelConfig(image_size=32, patch_size=8)
DATA = DataConfig(max_hints=16)


def loader(source, **options):
    data = options.pop("data", DATA)
    return TrainLoader(source, data, MODEL, **{"batch_size": 4, "seed": 0, **options})


def take(stream, count):
    return [next(stream) for _ in range(count)]


def assert_same(a, b):
    for x, y in zip(a, b, strict=True):
        assert x.keys() == y.keys()
        for key in x:
            np.testing.assert_array_equal(x[key], y[key])
