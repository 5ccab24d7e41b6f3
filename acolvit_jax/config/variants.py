"""The published sizes, and the dense baselines."""

from __future__ import annotations

from dataclasses import replace

from acolvit_jax.config import ModelConfig

VARIANTS = {
    "tiny": ModelConfig(width=192, num_heads=3),
    "small": ModelConfig(width=384, num_heads=6),
    "base": ModelConfig(width=768, num_heads=12),
}


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
