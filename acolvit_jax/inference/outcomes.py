"""What a person asked for with a hint, and what the photo shows there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from acolvit_jax.hints import Hint, colors_of
from acolvit_jax.hints.text import color_text
from acolvit_jax.inference.placed import PlacedHints
from acolvit_jax.photo import color

Limit = Literal["replaced", "gamut", "lightness"]
JUST_NOTICED = 2.3  # CIE76


@dataclass(frozen=True)
class Outcome:
    """What became of a hint.

    Attributes:
        asked: the color as hints are written: `#rrggbb`, `lab:A,B` or `keep`.
        got: sRGB triple in 0..255 of the photo's pixel under the hint.
        limit: what keeps the photo from showing the color by more than is just noticed, None if
            none of these does. `replaced`: a later hint of another color marks the same cell of the
            model's image. `gamut`: sRGB has no such color at the photo's lightness. `lightness`:
            hue and chroma can be had, the photo's lightness is another.
    """

    asked: str
    got: tuple[int, int, int]
    limit: Limit | None


def outcomes(
    hints: Sequence[Hint], placed: PlacedHints, before: np.ndarray, got: np.ndarray
) -> tuple[Outcome, ...]:
    """Compares what hints asked for with what came of them.

    Args:
        hints: K on a photo.
        placed: the same on the model's image.
        before: uint8 `[K, 3]`, the photo's pixels under them, for their lightness.
        got: uint8 `[K, 3]`, the same pixels in color.

    Returns:
        An outcome a hint, in their order.
    """
    ab = colors_of(hints)
    lightness = color.uint8_to_lab(before)[:, 0]
    possible = color.lab_to_uint8(np.concatenate([lightness[:, None], np.nan_to_num(ab)], axis=1))
    cut = np.linalg.norm(color.uint8_to_lab(possible)[:, 1:] - ab, axis=1) > JUST_NOTICED
    taken = placed.ab[placed.takers]
    replaced = np.linalg.norm(taken - ab, axis=1) > JUST_NOTICED
    replaced |= np.isnan(taken[:, 0]) != np.isnan(ab[:, 0])
    # A pair of a* and b* asks for no lightness: that of its place will do.
    triples = [h.color if _is_triple(h) else seen for h, seen in zip(hints, before, strict=True)]
    wanted = color.uint8_to_lab(np.array(triples, np.uint8).reshape(-1, 3))[:, 0]
    other = abs(wanted - lightness) > JUST_NOTICED
    return tuple(
        Outcome(color_text(hint), (int(red), int(green), int(blue)), _limit(*bounds))
        for hint, (red, green, blue), *bounds in zip(hints, got, replaced, cut, other, strict=True)
    )


def _is_triple(hint: Hint) -> bool:
    return hint.color is not None and len(hint.color) == 3


def _limit(replaced: bool, cut: bool, other: bool) -> Limit | None:
    return "replaced" if replaced else "gamut" if cut else "lightness" if other else None
