"""Parameters of any model that this project has written: a run, a weights file, the box."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from acolvit_jax.checkpoint.weights import (
    BUNDLED,
    WEIGHTS_FILE,
    Weights,
    bundled_weights,
    load_weights,
)
from acolvit_jax.checkpoint.workdir import CHECKPOINTS, CONFIG_FILE, is_run, read_config
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.common.places import absolute, place
from acolvit_jax.config import PRETRAINED, Config, ModelConfig
from acolvit_jax.models.params import Params, param_shapes

if TYPE_CHECKING:
    from acolvit_jax.checkpoint.state import TrainState


def load_pretrained(name_or_path: str | Path = PRETRAINED) -> tuple[ModelConfig, Params]:
    """The architecture and parameters of `load`, as most users want them."""
    config, params, _ = load(name_or_path)
    return config, params


def load(name_or_path: str | Path, *, setting: str = "") -> Weights:
    """Reads a model.

    Args:
        name_or_path: `pretrained` (the weights in the package), `pretrained-dense` (the
            dense model beside it), the folder of a run or of one of its checkpoints, a folder that
            `acolvit_jax.convert` wrote, or a weights file.
        setting: that names the model, `train.teacher` for example, for the error.

    Returns:
        The architecture, with `dtype` float32 whatever it was trained in; a nested dict of
        float32 parameters, NumPy arrays, of a run the newest, the averaged ones where it keeps an
        average; and where they come from, of a run its name and `steps`.

    Raises:
        CheckpointError: if there is none, or it cannot be read.
        UnreadableError: if the storage fails.
    """
    try:
        weights = _read(name_or_path)
    except CheckpointError as error:
        if not setting:
            raise
        raise CheckpointError(f"{setting}: {error}") from error
    return weights._replace(config=dataclasses.replace(weights.config, dtype="float32"))


def is_model(name_or_path: str | Path) -> bool:
    """Whether this names a model of ours, for `load`: not whether a run of it can be read."""
    if name_or_path in BUNDLED:
        return True
    path = place(name_or_path)
    if path.is_file():
        with contextlib.suppress(CheckpointError):
            return bool(load_weights(path))
    return _step_of_run(path) or any((path / f).is_file() for f in (WEIGHTS_FILE, CONFIG_FILE))


def _read(name_or_path: str | Path) -> Weights:
    """A model as it was written."""
    bundled = name_or_path in BUNDLED
    path = bundled_weights(str(name_or_path)) if bundled else place(name_or_path)
    if path.is_file():
        return load_weights(path)
    if is_run(path):  # whatever weights lie beside it
        return _load_run(path)
    if (path / WEIGHTS_FILE).is_file():
        return load_weights(path / WEIGHTS_FILE)
    if (path / CONFIG_FILE).is_file():
        return _load_run(path)
    if _step_of_run(path):
        return _load_run(absolute(path).parent.parent, int(path.name))
    raise CheckpointError(
        f"no model at {path}: wanted the folder of a run, a folder or file of weights, or "
        f"{' or '.join(map(repr, BUNDLED))} for the weights in the package"
    )


def _step_of_run(path: Path) -> bool:
    """Whether a path is that of one of a run's checkpoints."""
    return absolute(path).parent.name == CHECKPOINTS and path.name.isdecimal()


def _load_run(workdir: Path, step: int | None = None) -> Weights:
    """The parameters of a run after a step, or the newest."""
    # Orbax takes a second to import, and most users of this module read a weights file.
    import jax

    from acolvit_jax.checkpoint.steps import Checkpoints

    config = read_config(workdir)
    if not (workdir / CHECKPOINTS).is_dir():
        raise CheckpointError(f"{workdir} has no checkpoint yet")
    target = _parameters_alone(config)
    with Checkpoints(workdir, read_only=True) as checkpoints:
        if step is None:
            restored = checkpoints.restore_latest(target)
        else:
            restored = checkpoints.restore(step, target)
    if restored is None:
        raise CheckpointError(f"{workdir} has no checkpoint yet")
    state = restored[0]
    params = jax.device_get(state.eval_params)
    return Weights(config.model, params, {"run": config.name, "steps": int(state.step)})


def _parameters_alone(config: Config) -> TrainState:
    """Shapes of what inference reads of a run, all on the first device."""
    import jax

    from acolvit_jax.checkpoint.state import TrainState

    device = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])

    def placed(leaf: jax.ShapeDtypeStruct) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=device)

    params = jax.tree.map(placed, param_shapes(config.model))
    step = placed(jax.ShapeDtypeStruct((), np.int32))
    average = params if config.optimizer.ema > 0 else None
    return TrainState(cast(Any, step), params, None, average)
