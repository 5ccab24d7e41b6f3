"""Pictures of results: grids with headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from acolvit_jax.photo import color, images

_GAP = 6
_HEADING = 26


def grey_picture(inputs: np.ndarray) -> np.ndarray:
    """The grey photo that a model is given.

    Args:
        inputs: float32 `[S, S, 4]`, a model's input.

    Returns:
        uint8 `[S, S, 3]`.
    """
    lightness = color.denormalize_l(inputs[..., :1])
    return color.lab_to_uint8(np.concatenate([lightness, np.zeros_like(inputs[..., :2])], axis=-1))


def side_by_side(columns: Mapping[str, np.ndarray], *, max_side: int = 360) -> np.ndarray:
    """Pictures of one photo under headings, small enough to look at together.

    Args:
        columns: by heading, uint8 `[H, W, 3]`, all of one size.
        max_side: a picture's longer side, in pixels, is at most this.

    Returns:
        uint8 `[h, w, 3]`.
    """
    height, width = next(iter(columns.values())).shape[:2]
    scale = min(1.0, max_side / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    return grid([[images.resize(picture, size) for picture in columns.values()]], list(columns))


def grid(rows: Sequence[Sequence[np.ndarray]], headings: Sequence[str]) -> np.ndarray:
    """Lays pictures out in rows under headings.

    Args:
        rows: pictures, uint8 `[S, S, 3]`, all of one size.
        headings: one a column.

    Returns:
        uint8 `[H, W, 3]`.
    """
    height, width = rows[0][0].shape[:2]
    size = (
        _GAP + len(headings) * (width + _GAP),
        _HEADING + len(rows) * (height + _GAP),
    )
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for column, heading in enumerate(headings):
        draw.text((_GAP + column * (width + _GAP), 4), heading, fill="black", font=font)
    for r, row in enumerate(rows):
        for column, picture in enumerate(row):
            corner = (_GAP + column * (width + _GAP), _HEADING + r * (height + _GAP))
            sheet.paste(Image.fromarray(picture), corner)
    return np.asarray(sheet)
