"""Models as people see them, hints kept and each with its reach, beside the models' own answers.

The protocol's scores, and whatever is compared with the paper, stay those of the bare models.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.common.cores import available_cores
from acolvit_jax.evaluation.methods import Answer, Method, split_name
from acolvit_jax.inference.colorizer import Colorizer, Prediction
from acolvit_jax.inference.placed import place_cells
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.precision import with_dtype
from acolvit_jax.photo import color

SUFFIX = "+finished"
_IDENTITY = "finished 3"  # another number when a photo comes to other colors or other compute


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
    pool = ThreadPoolExecutor(len(available_cores()))
    return [_finished(method, colorizer, pool) for method in methods]


def _finished(method: Method, colorizer: Colorizer, pool: ThreadPoolExecutor) -> Method:
    def one(inputs: np.ndarray) -> tuple[Prediction, float]:
        """What people see of a photo, and the multiply-accumulates of all its forwards."""
        size = colorizer.engine.config.hint_size
        cells = np.argwhere(inputs[::size, ::size, 3] > 0)
        ab = color.denormalize_ab(inputs[::size, ::size, 1:3][tuple(cells.T)])
        placed = place_cells(cells, ab, inputs.shape[0], size)
        tones = Tones(inputs[..., :1])
        forwards: list[Prediction] = []

        def automatic() -> Prediction:
            forwards.append(colorizer.predict(tones, placed.none(), budget=method.budget))
            return forwards[0]

        seen = colorizer.predict(tones, placed, budget=method.budget, automatic=automatic)
        if len(placed):
            forwards.append(seen)
        return seen, sum(forward.macs for forward in forwards)

    def colorize(inputs: np.ndarray) -> Answer:
        seen, macs = zip(*pool.map(one, inputs), strict=True)
        ab, decisions = ([p.ab_norm for p in seen], [p.decisions for p in seen])
        return Answer(np.stack(ab), np.stack(decisions), np.array(macs))

    identity = f"{method.identity} {_IDENTITY}"
    name = method.name + SUFFIX
    return dataclasses.replace(method, name=name, identity=identity, colorize=colorize)
