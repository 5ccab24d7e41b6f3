"""Multiply-accumulates of a forward, from its decisions.

The paper's "GFLOPs" are these counts / 1e9.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from acolvit_jax.config import ModelConfig
from acolvit_jax.models.layers import INPUT_CHANNELS, OUTPUT_CHANNELS


def head_taps(config: ModelConfig) -> int:
    """Tokens that the head makes each patch of."""
    return {"cnn": 9, "linear": 1}[config.head]


def fixed_macs(config: ModelConfig) -> int:
    """Multiply-accumulates that are never skipped: patch embedding and head, for one image."""
    patches = config.grid_size**2
    pixels = config.patch_size**2
    embedding = patches * pixels * INPUT_CHANNELS * config.width
    head = patches * head_taps(config) * config.width * pixels * OUTPUT_CHANNELS
    return embedding + head


def sublayer_macs(config: ModelConfig) -> tuple[int, int]:
    """Multiply-accumulates of one attention and of one FFN sublayer, for one image."""
    n, d = config.num_tokens, config.width
    attention = 4 * d**2 * n + 2 * n**2 * d
    ffn = 2 * config.mlp_ratio * d**2 * n
    return attention, ffn


def forward_macs(decisions: ArrayLike, config: ModelConfig) -> np.ndarray:
    """Multiply-accumulates of a forward over whole images.

    The decision heads (2 D each) and norms are not counted, as in the paper.

    Args:
        decisions: `[..., depth, 2]` (attention, FFN), 1 where the sublayer is computed.
        config: the model's architecture.

    Returns:
        float64 `[...]`, one count an image.

    Raises:
        ValueError: if the decisions do not have the model's depth.
    """
    computed = np.asarray(decisions, np.float64)
    if computed.shape[-2:] != (config.depth, 2):
        raise ValueError(f"decisions end in {computed.shape[-2:]}, not ({config.depth=}, 2)")
    skippable = computed @ np.asarray(sublayer_macs(config), np.float64)  # [..., depth]
    return fixed_macs(config) + skippable.sum(axis=-1)
