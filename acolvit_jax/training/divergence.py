"""What ends a run whose loss is no longer a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from acolvit_jax.checkpoint.steps import Checkpoints
from acolvit_jax.common.errors import UserError


class DivergedError(UserError):
    """The loss is no longer a number."""


def check_finite(step: int, metrics: dict[str, Any], checkpoints: Checkpoints) -> None:
    """Stops a run whose loss or gradient is no longer a number.

    Raises:
        DivergedError: names the step and the checkpoint to go back to.
    """
    values = [float(metrics[name]) for name in ("loss", "grad_norm")]
    if not np.isfinite(values).all():
        checkpoints.wait()
        last = max(checkpoints.steps(), default=None)
        kept = "no checkpoint was saved yet" if last is None else f"that of step {last} is kept"
        raise DivergedError(
            f"the loss is {values[0]} and the gradient's norm {values[1]} at step {step}; {kept}. "
            "Try a lower optimizer.learning_rate, or optimizer.grad_clip=1"
        )
