"""AdamW with the decay mask, warm-up and cosine (the reference, "Training recipe")."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax

from acolvit_jax.config import OptimizerConfig


def learning_rate_schedule(config: OptimizerConfig, steps: int) -> optax.Schedule:
    """Linear warm-up from 0 to the peak, then a cosine to the floor.

    Args:
        config: peak, floor and share of warm-up.
        steps: of the whole run.

    Returns:
        Learning rate as a function of the step.
    """
    warmup = round(config.warmup * steps)
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0 if warmup else config.learning_rate,
        peak_value=config.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(steps, warmup + 1),
        end_value=config.floor,
    )


def decay_mask(params: Any) -> Any:
    """Which parameters decay: those of two or more dimensions (no biases, no LayerNorm)."""
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)


def make_optimizer(config: OptimizerConfig, steps: int) -> optax.GradientTransformation:
    """The optimiser of a run.

    Args:
        config: its settings.
        steps: of the whole run, for the schedule.

    Returns:
        AdamW, after clipping by the global norm where `grad_clip` is set.
    """
    adamw = optax.adamw(
        learning_rate_schedule(config, steps),
        b1=config.b1,
        b2=config.b2,
        eps=1e-8,
        weight_decay=config.weight_decay,
        mask=decay_mask,
    )
    # Without clipping the state has the same form, so that clipping can begin on a resume.
    norm = config.grad_clip
    clip = optax.clip_by_global_norm(norm) if norm else optax.identity()
    return optax.chain(clip, adamw)


def update_ema(average: Any, params: Any, decay: float, step: jax.Array) -> Any:
    """Exponential moving average of parameters, warmed up so that the start is soon forgotten.

    Args:
        average: the average so far.
        params: the new parameters.
        decay: the largest decay; early on it is `(1 + step) / (10 + step)`.
        step: int32, steps taken before this one.

    Returns:
        The new average.
    """
    warm = (1.0 + step) / (10.0 + step)
    d = jnp.minimum(decay, warm)
    return jax.tree.map(lambda a, p: a * d + p * (1.0 - d), average, params)
