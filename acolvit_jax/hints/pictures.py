"""Pictures of hints: ringed dots of their colors on a grey photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from acolvit_jax.hints.points import Hint
from acolvit_jax.photo import color
from acolvit_jax.photo.layers import own_grey
from acolvit_jax.photo.pictures import grey_picture

_MARKER_RADIUS = 4


def hints_picture(inputs: np.ndarray) -> np.ndarray:
    """The grey photo with a ringed dot of its color on each hint.

    Args:
        inputs: float32 `[S, S, 4]`, a model's input.

    Returns:
        uint8 `[S, S, 3]`.
    """
    image = Image.fromarray(grey_picture(inputs))
    draw = ImageDraw.Draw(image)
    lab = np.concatenate(
        [color.denormalize_l(inputs[..., :1]), color.denormalize_ab(inputs[..., 1:3])], axis=-1
    )
    colors = color.lab_to_uint8(lab)
    for row, column in np.argwhere(inputs[..., 3] > 0):
        # A dot for every pixel of a cell lays the cell's dots over each other: they look like one.
        r = _MARKER_RADIUS
        box = (column - r, row - r, column + r, row + r)
        draw.ellipse(box, fill=tuple(int(c) for c in colors[row, column]), outline="white")
    return np.asarray(image)


def mark_hints(rgb: np.ndarray, hints: Sequence[Hint]) -> np.ndarray:
    """Draws a ringed dot of its color on each hint of a photo.

    Args:
        rgb: uint8 `[H, W, 3]`.
        hints: in pixels of the photo.

    Returns:
        A new picture, uint8 `[H, W, 3]`.
    """
    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image)
    r = max(_MARKER_RADIUS, round(min(rgb.shape[:2]) / 60))
    for hint in hints:
        lab = color.uint8_to_lab(rgb[hint.row, hint.column])
        lab[1:] = hint.ab() or (0.0, 0.0)
        fill = color.lab_to_uint8(lab)
        box = (hint.column - r, hint.row - r, hint.column + r, hint.row + r)
        draw.ellipse(box, fill=tuple(int(c) for c in fill), outline="white", width=max(1, r // 3))
    return np.asarray(image)


def hinted_grey(rgb: np.ndarray, hints: Sequence[Hint]) -> np.ndarray:
    """The grey of a photo's own lightness, with its hints.

    Args:
        rgb: uint8 `[H, W, 3]`.
        hints: in pixels of the photo.

    Returns:
        uint8 `[H, W, 3]`.
    """
    return mark_hints(np.repeat(own_grey(rgb)[..., None], 3, axis=-1), hints)
