"""Colors worth a try at a place: the model's own answers to what the place might be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from acolvit_jax.hints import Hint, draw_cells
from acolvit_jax.inference.engine import Engine
from acolvit_jax.inference.placed import place
from acolvit_jax.inference.spread import bumps
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo import color

MOST = 6  # suggestions
_HUES = 8  # that the model is asked about
_CHROMA = 45.0  # of them, cut to what sRGB has at the place's lightness
_APART = 10.0  # distance in a*, b* below which two suggestions are one


@dataclass(frozen=True)
class Suggestion:
    """A color for a place.

    Attributes:
        a: a* that the model gives the place once a hint says its hue.
        b: b*, likewise.
        likely: how far the place followed the hint, 1 for all the way: the model resists what it
            thinks unlikely.
    """

    a: float
    b: float
    likely: float


def suggest(
    engine: Engine,
    tones: Tones,
    at: Hint,
    hints: Sequence[Hint],
    photo_size: tuple[int, int],
    *,
    budget: float | None = None,
) -> list[Suggestion]:
    """Asks the model, in one batch, what a place would be in each of some hues.

    Args:
        engine: the model.
        tones: of the photo.
        at: names the place; its color is of no account.
        hints: the others on the photo.
        photo_size: height and width of the photo, in pixels.
        budget: keep ratio, from `Engine.check_budget`.

    Returns:
        At most `MOST`, the likeliest first, none near another or near what the model says unasked,
        and none where the model went the other way.

    Raises:
        HintError: for a hint outside the photo.
    """
    side, cell = len(tones.norm), engine.config.hint_size
    (corner,) = place([at], photo_size, side, cell).cells * cell
    others = [hint for hint in hints if hint.color is not None]
    # As light as the model reads the place: of a faded photo not as light as it is shown.
    tried = _candidates(float(tones.lightness[tuple(corner)]))
    asked = [others, *([*others, replace(at, color=pair)] for pair in map(tuple, tried.tolist()))]
    inputs = np.empty((len(asked), side, side, 4), np.float32)
    inputs[..., :1] = tones.norm
    for one, its in zip(inputs, asked, strict=True):
        placed = place(its, photo_size, side, cell)
        one[..., 1:] = draw_cells(placed.cells, placed.ab, side, cell)
    answers = color.denormalize_ab(engine.many(inputs, budget)[0])
    own, *given = _around(answers, tones, corner, cell)
    moved, wanted = given - own, tried - own
    likely = (moved * wanted).sum(axis=1) / np.maximum((wanted**2).sum(axis=1), 1)
    chosen = [own]
    found = []
    for i in np.argsort(-likely, kind="stable")[: np.count_nonzero(likely > 0)]:
        if min(np.linalg.norm(given[i] - known) for known in chosen) >= _APART:
            chosen.append(given[i])
            a, b = given[i].tolist()
            found.append(Suggestion(a, b, float(likely[i])))
    return found[:MOST]


def _candidates(lightness: float) -> np.ndarray:
    """Colors of all hues, as sRGB has them at a lightness: float32 `[C, 2]`."""
    hues = 2 * np.pi * np.arange(_HUES) / _HUES
    ab = _CHROMA * np.stack([np.cos(hues), np.sin(hues)], axis=1)
    lab = np.concatenate([np.full((_HUES, 1), lightness), ab], axis=1)
    return color.uint8_to_lab(color.lab_to_uint8(lab))[:, 1:]


def _around(answers: np.ndarray, tones: Tones, corner: np.ndarray, cell: int) -> np.ndarray:
    """Mean colors `[B, 2]` of what lies about a cell and is as light; without the cell itself."""
    middle = (corner + (cell - 1) / 2)[None]
    whole = bumps(tones, middle, np.array([[1.0, 0.0]]))[0]
    top, left = corner
    whole[top : top + cell, left : left + cell] = 0
    return np.tensordot(answers, whole, axes=((1, 2), (0, 1))) / whole.sum()
