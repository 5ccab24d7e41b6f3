"""Checksums of arrays on devices: a damaged file can restore wrong numbers in silence."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def checksums(tree: Any) -> list[int]:
    """A checksum for every leaf: any changed bit changes it.

    It is a sum over the leaf's words, each times an odd number of its own, computed where the
    array lives: it does not depend on how the array is split over devices or processes.

    Args:
        tree: of float32 or int32 arrays.

    Returns:
        One number in [0, 2^32) a leaf, in the order of `jax.tree.leaves`.
    """
    return [int(total) for total in jax.device_get(_checksum_leaves(jax.tree.leaves(tree)))]


@jax.jit
def _checksum_leaves(leaves: list[jax.Array]) -> list[jax.Array]:
    def checksum(leaf: jax.Array) -> jax.Array:
        words = jax.lax.bitcast_convert_type(leaf, jnp.uint32).reshape(-1)
        odd = 2 * jnp.arange(words.size, dtype=jnp.uint32) + 1
        return (words * odd).sum(dtype=jnp.uint32)

    return [checksum(leaf) for leaf in leaves]
