"""The published sizes, and how a model is made or loaded as a function of its parameters."""

from __future__ import annotations

from dataclasses import replace

import jax
from flax import nnx

from acolvit_jax.config import ModelConfig
from acolvit_jax.models.acolvit import ACoLViT

VARIANTS = {
    "tiny": ModelConfig(width=192, num_heads=3),
    "small": ModelConfig(width=384, num_heads=6),
    "base": ModelConfig(width=768, num_heads=12),
}

Params = dict  # nested pure dict of float32 arrays, the tree of `nnx.to_pure_dict`


def icolorit(variant: str, *, rel_pos_bias: bool = False, head: str = "cnn") -> ModelConfig:
    """The dense baseline iColoriT of a published size.

    Args:
        variant: a key of `VARIANTS`.
        rel_pos_bias: with the relative position bias that the published weights use.
        head: `cnn` or `linear`.

    Returns:
        The architecture, without policy token and decision heads.
    """
    return replace(VARIANTS[variant], gated=False, rel_pos_bias=rel_pos_bias, head=head)


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
    return nnx.graphdef(nnx.eval_shape(lambda: ACoLViT(config, rngs=nnx.Rngs(0))))


def param_shapes(config: ModelConfig) -> Params:
    """Shapes and dtypes of a model's parameters, without computing any."""
    model = nnx.eval_shape(lambda: ACoLViT(config, rngs=nnx.Rngs(0)))
    return nnx.to_pure_dict(nnx.state(model, nnx.Param))


def param_count(params: Params) -> int:
    """Number of parameters in a tree of arrays or shapes."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
