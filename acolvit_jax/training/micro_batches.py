"""A batch in parts: what computes a micro-batch at a time shares this."""

from __future__ import annotations

from typing import Any

import jax
from jax.sharding import Mesh

from acolvit_jax.training import sharding

Batch = dict[str, jax.Array]
GIVEN = ("inputs", "origin", "budget")  # of a batch, what a model is shown


def given(batch: Batch) -> Batch:
    """The arguments of a model's forward among the arrays of a batch."""
    return {name: batch[name] for name in GIVEN if name in batch}


def split(tree: Any, micro_batch: int, mesh: Mesh) -> Any:
    """Cuts a batch into micro-batches; each takes images from all devices, so that none moves.

    Args:
        tree: of arrays `[B, ...]`.
        micro_batch: images of one, a divisor of B.
        mesh: of the run.

    Returns:
        The tree with arrays `[B / micro_batch, micro_batch, ...]`.
    """
    spread = sharding.batch_sharding(mesh, axis=1)

    def cut(x: jax.Array) -> jax.Array:
        # On one device nothing is moved: the parts lie one after the other.
        x = x.reshape(mesh.size, -1, micro_batch // mesh.size, *x.shape[1:]).swapaxes(0, 1)
        return jax.lax.with_sharding_constraint(x.reshape(-1, micro_batch, *x.shape[3:]), spread)

    return jax.tree.map(cut, tree)


def join(x: jax.Array, mesh: Mesh) -> jax.Array:
    """Puts micro-batches from `split`, `[M, micro_batch, ...]`, back in order: `[B, ...]`."""
    parts, micro_batch = x.shape[:2]
    x = x.reshape(parts, mesh.size, micro_batch // mesh.size, *x.shape[2:])
    return x.swapaxes(0, 1).reshape(-1, *x.shape[3:])
