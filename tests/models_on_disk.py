"""Small models that tests write to disk."""

import dataclasses

import jax
import numpy as np

from acolvit_jax.checkpoint.weights import save_weights
from acolvit_jax.config import ModelConfig
from acolvit_jax.models.params import init_params

SMALL = ModelConfig(width=64, depth=2, num_heads=1, patch_size=8, image_size=32)


def random_params(config=SMALL, seed=0):
    """Parameters with nothing left at zero or one, so that every one matters."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(
        lambda x: np.asarray(x) + 0.05 * rng.normal(size=x.shape).astype(np.float32),
        init_params(config, seed),
    )


def write_model(folder, *, seed=0, **options):
    """A weights file of a small model; returns its path."""
    config = dataclasses.replace(SMALL, **options)
    path = folder / "model.safetensors"
    save_weights(path, config, random_params(config, seed), {"made": "by a test"})
    return path
