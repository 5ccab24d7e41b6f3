"""The dtype of matrix products, chosen for the machine at hand."""

from __future__ import annotations

import dataclasses

import jax

from acolvit_jax.common.processor import multiplies_bfloat16
from acolvit_jax.config import AUTO_DTYPE, ModelConfig


def resolve_dtype(dtype: str) -> str:
    """What a choice of dtype means here.

    Args:
        dtype: `float32`, `bfloat16`, or `auto`.

    Returns:
        The choice; for `auto` `bfloat16` on accelerators and on processors that multiply it
        faster, else `float32`.
    """
    if dtype != AUTO_DTYPE:
        return dtype
    fast = jax.default_backend() != "cpu" or multiplies_bfloat16()
    return "bfloat16" if fast else "float32"


def with_dtype(config: ModelConfig, dtype: str) -> ModelConfig:
    """An architecture whose products are of the dtype that a choice means here."""
    return dataclasses.replace(config, dtype=resolve_dtype(dtype))
