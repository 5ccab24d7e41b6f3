"""AdamW with decay mask, warm-up and cosine (docs/reference.md, "Training recipe"), and Muon."""

from __future__ import annotations

from collections.abc import Callable
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
    muon = optax.contrib.muon(
        schedule,
        weight_decay=config.weight_decay,
        adam_b1=config.b1,
        adam_b2=config.b2,
        adam_weight_decay=0.0,
        muon_weight_dimension_numbers=muon_matrices,
        consistent_rms=ADAMW_RMS,
    )
    return muon if jax.default_backend() == "cpu" else blocks_together(muon)


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
        if "kernel" not in names or not names & {"attention", "ffn"}:
            return None
        return optax.contrib.MuonDimensionNumbers(leaf.ndim - 2, leaf.ndim - 1)

    return jax.tree_util.tree_map_with_path(numbers, params)


def blocks_together(optimizer: optax.GradientTransformation) -> optax.GradientTransformation:
    """An optimizer that takes the same parameter of all of a model's `blocks` at once.

    Muon by the matrix is some thousand small programs a step, and starting them takes a GPU longer
    than computing them. The state has the form of `optimizer`'s own.

    Args:
        optimizer: one to which every parameter, or matrix of one, is a thing by itself.

    Returns:
        The same optimizer.
    """

    def update(grads: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        depth = len(grads["blocks"])
        return _apart(optimizer.update(*_together((grads, state, params))), depth)

    return optax.GradientTransformation(optimizer.init, update)


def _together(tree: Any) -> Any:
    """The tree with one of each block's arrays, `[depth, ...]`, wherever it has `blocks`."""

    def stack(blocks: Any) -> Any:
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *blocks.values())

    return _map_blocks(stack, tree)


def _apart(tree: Any, depth: int) -> Any:
    """The inverse of `_together`."""

    def split(blocks: Any) -> Any:
        return {i: jax.tree.map(lambda leaf, i=i: leaf[i], blocks) for i in range(depth)}

    return _map_blocks(split, tree)


def _map_blocks(change: Callable[[Any], Any], tree: Any) -> Any:
    def has_blocks(node: Any) -> bool:
        return isinstance(node, dict) and "blocks" in node

    def changed(node: Any) -> Any:
        return node | {"blocks": change(node["blocks"])} if has_blocks(node) else node

    return jax.tree.map(changed, tree, is_leaf=has_blocks)


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
