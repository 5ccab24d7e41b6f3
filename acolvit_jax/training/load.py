"""Parameters from a run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax

from acolvit_jax.config import ModelConfig
from acolvit_jax.errors import CheckpointError
from acolvit_jax.models.params import param_shapes
from acolvit_jax.training.checkpoints import Checkpoints
from acolvit_jax.training.optimizer import make_optimizer
from acolvit_jax.training.state import init_state
from acolvit_jax.training.workdir import read_config


def load_params(workdir: str | Path) -> tuple[ModelConfig, Any]:
    """Reads the newest parameters of a run, the averaged ones where it keeps an average.

    Args:
        workdir: folder of the run.

    Returns:
        The architecture and the nested dict of parameters, NumPy arrays.

    Raises:
        CheckpointError: if there is no run, or none of its checkpoints is whole.
    """
    workdir = Path(workdir)
    config = read_config(workdir)
    optimizer = make_optimizer(config.optimizer, config.train.steps)
    target = jax.eval_shape(
        lambda params: init_state(params, optimizer, ema=config.optimizer.ema > 0),
        param_shapes(config.model),
    )
    device = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    target = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=device), target
    )
    restored = Checkpoints(workdir).restore_latest(target)
    if restored is None:
        raise CheckpointError(f"{workdir} has no checkpoint yet")
    return config.model, jax.device_get(restored[0].eval_params)
