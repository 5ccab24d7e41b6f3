"""Pictures of results: grids with headings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from acolvit_jax.photo import color, images

_GAP = 6
_HEADING = 26
_COMPUTED = "#2f6f4f"


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


def layer_map(decisions: np.ndarray, width: int) -> np.ndarray:
    """Draws which sublayers a photo computed: attention above, FFN below, block by block.

    Args:
        decisions: `[depth, 2]` (attention, FFN), 1 where the sublayer was computed.
        width: of the picture, in pixels.

    Returns:
        uint8 `[h, width, 3]`: a filled square for each sublayer that was computed, an empty one for
        each that was skipped.
    """
    cell = width // len(decisions)
    margin = (width - cell * len(decisions)) // 2
    sheet = Image.new("RGB", (width, 2 * cell + 1), "white")
    draw = ImageDraw.Draw(sheet)
    for block, pair in enumerate(decisions):
        for row, computed in enumerate(pair):
            left, top = margin + block * cell + 1, row * cell + 1
            box = (left, top, left + cell - 3, top + cell - 3)
            draw.rectangle(box, fill=_COMPUTED if computed > 0.5 else "white", outline=_COMPUTED)
    return np.asarray(sheet)


def grid(
    rows: Sequence[Sequence[np.ndarray]], headings: Sequence[str], labels: Sequence[str] = ()
) -> np.ndarray:
    """Lays pictures out in rows under headings.

    Args:
        rows: pictures, uint8 `[h, w, 3]`, all of one width, those of a row of one height.
        headings: one a column.
        labels: one a row, to the left of it; none leaves no room for them.

    Returns:
        uint8 `[H, W, 3]`.
    """
    width = rows[0][0].shape[1]
    font = ImageFont.load_default(size=15)
    left = _GAP + max((math.ceil(font.getlength(label)) + _GAP for label in labels), default=0)
    heights = [row[0].shape[0] for row in rows]
    size = (
        left + len(headings) * (width + _GAP),
        _HEADING + sum(height + _GAP for height in heights),
    )
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for column, heading in enumerate(headings):
        draw.text((left + column * (width + _GAP), 4), heading, fill="black", font=font)
    top = _HEADING
    for r, row in enumerate(rows):
        if labels:
            draw.text((_GAP, top + heights[r] // 2), labels[r], "black", font, anchor="lm")
        for column, picture in enumerate(row):
            sheet.paste(Image.fromarray(picture), (left + column * (width + _GAP), top))
        top += heights[r] + _GAP
    return np.asarray(sheet)
