"""How far hints change a photo: beyond their reach the automatic result comes back."""

from __future__ import annotations

import numpy as np

from acolvit_jax.hints import REACHES
from acolvit_jax.inference.placed import PlacedHints

_SAME = 4.0  # CIE76: a hint that asks for about this little that is new changes little
_LIKE = 20.0  # L*, by which what is left alone fades into what is not


def needs_automatic(hints: PlacedHints) -> bool:
    """Whether the result without hints has a part in the result with them."""
    return bool((hints.reaches < REACHES[1]).any() or hints.left_alone.any())


def within_reach(hints: PlacedHints, automatic: np.ndarray, lightness: np.ndarray) -> np.ndarray:
    """How much of the result with hints is to be taken.

    Args:
        hints: placed on the model's image.
        automatic: float32 `[S, S, 2]`, a* and b* without hints.
        lightness: float32 `[S, S]`, L*.

    Returns:
        float32 `[S, S, 1]` in [0, 1]: 1 at a hint that asks for another color than the automatic
        one, falling like a Gaussian of its reach; 0 where the photo is to be left alone.
    """
    side = np.arange(len(lightness), dtype=np.float32)
    share = np.zeros(lightness.shape, np.float32)
    kept = np.ones(lightness.shape, np.float32)
    already = hints.shown(automatic)
    for i, (row, column) in enumerate(hints.centers):
        reach, alone = hints.reaches[i], hints.left_alone[i]
        down, right = (np.exp(-(((side - x) / reach) ** 2) / 2) for x in (row, column))
        near = down[:, None] * right
        if reach >= REACHES[1]:
            near = np.ones_like(near)
        if alone:
            tone = lightness[int(row), int(column)]
            kept *= 1 - near * np.exp(-(((lightness - tone) / _LIKE) ** 2) / 2)
        else:
            news = np.linalg.norm(hints.ab[i] - already[i])
            np.maximum(share, near * (1 - np.exp(-((news / _SAME) ** 2))), out=share)
    return (share * kept)[..., None]
