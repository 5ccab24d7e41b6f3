"""Models as people see them, hints kept and each with its reach, beside the models' own answers.

The protocol's scores, and whatever is compared with the paper, stay those of the bare models.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.evaluation.methods import Method, split_name
from acolvit_jax.inference.colorizer import Colorizer, Prediction
from acolvit_jax.inference.placed import place_cells
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.precision import with_dtype
from acolvit_jax.photo import color

SUFFIX = "+finished"
_IDENTITY = "finished 2"  # another number when the steps after the model give other colors


def finished_methods(checkpoint: str, methods: Sequence[Method], dtype: str) -> list[Method]:
    """What people see of a model.

    Args:
        checkpoint: `NAME=PATH` or a path, as for `model_methods`.
        methods: what `model_methods` made of it.
        dtype: of the matrix products, as for `model_methods`.

    Returns:
        A method for each, named `NAME+finished`.

    Raises:
        CheckpointError: if the model cannot be read.
    """
    config, params = load_pretrained(split_name(checkpoint)[1])
    colorizer = Colorizer(with_dtype(config, dtype), params)
    pool = ThreadPoolExecutor(2)
    return [_finished(method, colorizer, pool) for method in methods]


def _finished(method: Method, colorizer: Colorizer, pool: ThreadPoolExecutor) -> Method:
    def one(inputs: np.ndarray) -> Prediction:
        size = colorizer.engine.config.hint_size
        cells = np.argwhere(inputs[::size, ::size, 3] > 0)
        ab = color.denormalize_ab(inputs[::size, ::size, 1:3][tuple(cells.T)])
        placed = place_cells(cells, ab, inputs.shape[0], size)
        return colorizer.predict(Tones(inputs[..., :1]), placed, budget=method.budget)

    def colorize(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        made = list(pool.map(one, inputs))
        return np.stack([p.ab_norm for p in made]), np.stack([p.decisions for p in made])

    identity = f"{method.identity} {_IDENTITY}"
    name = method.name + SUFFIX
    return dataclasses.replace(method, name=name, identity=identity, colorize=colorize)
