"""The planes that the model reads hints from.

A hint fills an aligned cell of `hint_size` x `hint_size` pixels of the model's image. Cells are
counted in cells, pixels in pixels; the names say which.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acolvit_jax.common.errors import HintError
from acolvit_jax.hints.points import HINT_SIZE, Hint
from acolvit_jax.photo import color


def cell_means(plane: np.ndarray, hint_size: int = HINT_SIZE) -> np.ndarray:
    """Means over the cells of an image.

    Args:
        plane: `[H, W, C]`, H and W multiples of `hint_size`.
        hint_size: side of a cell, in pixels.

    Returns:
        float32 `[H / h, W / h, C]`.
    """
    h = hint_size
    # Adding strided slices is several times faster than a mean over two small axes.
    rows = np.add.reduce([plane[i::h] for i in range(h)])
    cells = np.add.reduce([rows[:, j::h] for j in range(h)])
    return (cells / h**2).astype(np.float32)


def _spread(cells: np.ndarray, hint_size: int) -> np.ndarray:
    """Repeats each cell `[R, C, ...]` over its pixels `[R * h, C * h, ...]`."""
    return cells.repeat(hint_size, axis=0).repeat(hint_size, axis=1)


def model_input(
    l_norm: np.ndarray, ab_norm: np.ndarray, cells: np.ndarray, hint_size: int = HINT_SIZE
) -> np.ndarray:
    """The model's input from a color image whose hints are known by their cells.

    Args:
        l_norm: float32 `[H, W]`, normalized lightness.
        ab_norm: float32 `[H, W, 2]`, normalized true colors; hints take their cells' means.
        cells: int `[K, 2]` (row, column) in cells; a repeated cell counts once.
        hint_size: side of a cell, in pixels.

    Returns:
        float32 `[H, W, 4]`: L, a and b (0 outside hints), hint mask (1 on hints).

    Raises:
        IndexError: for a cell outside the image.
    """
    height, width = l_norm.shape
    hinted = np.zeros((height // hint_size, width // hint_size, 3), np.float32)
    rows, columns = cells[:, 0], cells[:, 1]
    hinted[rows, columns, :2] = cell_means(ab_norm, hint_size)[rows, columns]
    hinted[rows, columns, 2] = 1.0
    planes = _spread(hinted, hint_size)
    return np.concatenate([l_norm[..., None].astype(np.float32), planes], axis=-1)


def hint_cell(
    hint: Hint, photo_size: tuple[int, int], image_size: int, hint_size: int = HINT_SIZE
) -> tuple[int, int]:
    """The cell that a person's hint marks.

    The mapping is exact: a hint on any pixel of the photo marks the aligned cell that holds the
    model pixel over that pixel's top left corner.

    Args:
        hint: on the photo.
        photo_size: height and width of the photo, in pixels.
        image_size: side of the model's square image, in pixels.
        hint_size: side of a cell.

    Returns:
        Row and column, in cells.

    Raises:
        HintError: for a hint outside the photo.
    """
    hint.check_inside(photo_size)
    height, width = photo_size
    row, column = hint.row * image_size // height, hint.column * image_size // width
    return row // hint_size, column // hint_size


def draw_cells(
    cells: np.ndarray, ab: np.ndarray, image_size: int, hint_size: int = HINT_SIZE
) -> np.ndarray:
    """Draws hinted cells as the model reads them.

    Args:
        cells: int `[K, 2]` (row, column) in cells.
        ab: float `[K, 2]`, a* and b*.
        image_size: side of the model's square image, in pixels.
        hint_size: side of a cell.

    Returns:
        float32 `[image_size, image_size, 3]`: normalized a and b (0 outside hints), hint mask.
    """
    planes = np.zeros((image_size, image_size, 3), np.float32)
    _draw(planes, cells, ab, hint_size)
    return planes


def draw_input(
    l_norm: np.ndarray, cells: np.ndarray, ab: np.ndarray, hint_size: int = HINT_SIZE
) -> np.ndarray:
    """The model's input from a photo's lightness and hinted cells.

    Args:
        l_norm: float32 `[S, S]`, normalized lightness.
        cells: int `[K, 2]` (row, column) in cells.
        ab: float `[K, 2]`, a* and b*.
        hint_size: side of a cell.

    Returns:
        float32 `[S, S, 4]`: L, and what `draw_cells` gives.
    """
    inputs = np.zeros((*l_norm.shape, 4), np.float32)
    inputs[..., 0] = l_norm
    _draw(inputs[..., 1:], cells, ab, hint_size)
    return inputs


def _draw(planes: np.ndarray, cells: np.ndarray, ab: np.ndarray, hint_size: int) -> None:
    """Draws cells into zeros `[S, S, 3]`."""
    if len(cells):
        side = len(planes) // hint_size
        drawn = planes.reshape(side, hint_size, side, hint_size, 3)  # a view
        rows, columns = cells.T
        drawn[rows, :, columns, :, :2] = color.normalize_ab(ab)[:, None, None]
        drawn[rows, :, columns, :, 2] = 1.0


def hint_planes(
    hints: Sequence[Hint],
    photo_size: tuple[int, int],
    image_size: int,
    hint_size: int = HINT_SIZE,
) -> np.ndarray:
    """Draws a person's hints on the model's image.

    Args:
        hints: on the photo, all with a color; a later one replaces an earlier one in the same cell.
        photo_size: height and width of the photo, in pixels.
        image_size: side of the model's square image, in pixels.
        hint_size: side of a cell; must divide `image_size`.

    Returns:
        float32 `[image_size, image_size, 3]`: normalized a and b (0 outside hints), hint mask.

    Raises:
        HintError: for a hint outside the photo, or a hint size that does not divide.
    """
    if hint_size < 1 or image_size % hint_size:
        raise HintError(f"{hint_size=} must divide the model's {image_size=}")
    by_cell = {hint_cell(hint, photo_size, image_size, hint_size): hint.ab() for hint in hints}
    cells = np.array(list(by_cell), int).reshape(-1, 2)
    ab = np.array(list(by_cell.values()), float).reshape(-1, 2)
    return draw_cells(cells, ab, image_size, hint_size)
