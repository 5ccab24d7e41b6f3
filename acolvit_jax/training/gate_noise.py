"""How noisy the decisions are over a training run."""

from __future__ import annotations

import jax
import jax.numpy as jnp

NOISY_SHARE = 0.6  # of the steps, where the noise falls


def noise_scale(kind: str, step: jax.Array, steps: int) -> jax.Array | float:
    """What the noise of the decisions is multiplied by at a step.

    Evaluation decides without noise (docs/reference.md, "Skipping"). With noise to the end, weights
    and keep ratios are learned for decisions that evaluation does not make.

    Args:
        kind: `constant` (the paper), `none`, or `falling`: linearly from 1 to 0 over the first
            `NOISY_SHARE` of the run.
        step: int32, steps taken before this one.
        steps: of the whole run.

    Returns:
        A factor in [0, 1].
    """
    if kind == "falling":
        return jnp.maximum(0.0, 1.0 - step / (NOISY_SHARE * steps))
    return {"constant": 1.0, "none": 0.0}[kind]
