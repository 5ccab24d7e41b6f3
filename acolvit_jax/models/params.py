"""A model as a function of its parameters: a nested dict of arrays, and its structure."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import jax
from flax import nnx

from acolvit_jax.config import ModelConfig
from acolvit_jax.models.acolvit import ACoLViT

Params = dict[Any, Any]  # the tree of `nnx.to_pure_dict`, float32 arrays


def init_params(config: ModelConfig, seed: int) -> Params:
    """Draws a model's initial parameters.

    Args:
        config: the architecture.
        seed: of the draw; the same seed gives the same parameters on every machine.

    Returns:
        Nested dict of float32 arrays.
    """
    return nnx.to_pure_dict(nnx.state(ACoLViT(config, rngs=nnx.Rngs(seed)), nnx.Param))


def graphdef_of(config: ModelConfig) -> nnx.GraphDef:
    """The model's structure without its values, to `nnx.merge` with parameters in a step."""
    return nnx.graphdef(_without_values(config))


def param_shapes(config: ModelConfig) -> Params:
    """Shapes and dtypes of a model's parameters, without computing any."""
    return nnx.to_pure_dict(nnx.state(_without_values(config), nnx.Param))


@functools.lru_cache(maxsize=16)  # half a second each for 12 blocks, and a command asks many times
def _without_values(config: ModelConfig) -> ACoLViT:
    return nnx.eval_shape(lambda: ACoLViT(config, rngs=nnx.Rngs(0)))


def param_count(params: Params) -> int:
    """Number of parameters in a tree of arrays or shapes."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def flatten(params: Mapping[Any, Any]) -> dict[str, Any]:
    """Parameters by dotted name, `blocks.0.attention.qkv.kernel`, in tree order."""
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {".".join(str(key.key) for key in path): leaf for path, leaf in leaves}


def nest(flat: Mapping[str, Any]) -> Params:
    """The nested dict of dotted names; numbers become the integer keys of a list of blocks."""
    nested: Params = {}
    for name, value in flat.items():
        *parents, last = (int(part) if part.isdigit() else part for part in name.split("."))
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return nested
