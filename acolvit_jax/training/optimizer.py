"""AdamW with decay mask, warm-up and cosine (docs/reference.md, "Training recipe"), and Muon."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from acolvit_jax.config.training import OptimizerConfig

ADAMW_RMS = 0.2  # size of an update by AdamW; Muon's are scaled to it


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
    """The optimizer of a run.

    Args:
        config: its settings.
        steps: of the whole run, for the schedule.

    Returns:
        AdamW or Muon, after clipping by the global norm where `grad_clip` is set.
    """
    # Without clipping the state has the same form, so that clipping can begin on a resume.
    norm = config.grad_clip
    clip = optax.clip_by_global_norm(norm) if norm else optax.identity()
    return optax.chain(clip, _MAKERS[config.name](config, learning_rate_schedule(config, steps)))


def _adamw(config: OptimizerConfig, schedule: optax.Schedule) -> optax.GradientTransformation:
    return optax.adamw(
        schedule,
        b1=config.b1,
        b2=config.b2,
        eps=1e-8,
        weight_decay=config.weight_decay,
        mask=decay_mask,
    )


def _muon(config: OptimizerConfig, schedule: optax.Schedule) -> optax.GradientTransformation:
    """Muon on the matrices of the blocks; `b1` and `b2` are AdamW's, on all else."""
    return optax.contrib.muon(
        schedule,
        weight_decay=config.weight_decay,
        adam_b1=config.b1,
        adam_b2=config.b2,
        adam_weight_decay=0.0,
        muon_weight_dimension_numbers=muon_matrices,
        consistent_rms=ADAMW_RMS,
    )


_MAKERS = {"adamw": _adamw, "muon": _muon}


def muon_matrices(params: Any) -> Any:
    """Which parameters Muon takes: the matrices of attention and FFN.

    Embedding, head and decision heads stay with AdamW, as is usual for first and last layers, and
    so does the table of relative positions: no vector is multiplied by it.

    Args:
        params: nested dict of the model.

    Returns:
        A tree of the same form: how a leaf is a matrix, None where AdamW takes it.
    """

    def numbers(path: tuple[Any, ...], leaf: Any) -> optax.contrib.MuonDimensionNumbers | None:
        names = {str(getattr(key, "key", key)) for key in path}
        taken = leaf.ndim == 2 and "kernel" in names and names & {"attention", "ffn"}
        return optax.contrib.MuonDimensionNumbers(0, 1) if taken else None

    return jax.tree_util.tree_map_with_path(numbers, params)


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
