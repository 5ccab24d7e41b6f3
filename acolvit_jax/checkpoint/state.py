"""What a run carries from step to step."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class TrainState:
    """Parameters and what the optimizer knows about them. Randomness is not part of it.

    Attributes:
        step: int32, optimizer steps taken.
        params: nested dict of float32 parameters.
        opt_state: optax's; None where only parameters are read.
        ema: averaged parameters, or None when none are kept.
    """

    step: jax.Array
    params: Any
    opt_state: Any
    ema: Any

    @property
    def eval_params(self) -> Any:
        """The parameters that evaluation uses: the average where one is kept."""
        return self.params if self.ema is None else self.ema


def init_state(params: Any, optimizer: optax.GradientTransformation, *, ema: bool) -> TrainState:
    """The state before the first step.

    Args:
        params: initial parameters.
        optimizer: of the run.
        ema: keep averaged parameters.

    Returns:
        A state at step 0.
    """
    average = jax.tree.map(jnp.array, params) if ema else None
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params), average)
