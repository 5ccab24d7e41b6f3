"""A person's hints on the model's image, as arrays: what the steps around the model read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from acolvit_jax.hints import HINT_SIZE, Hint, colors_of, hint_cell
from acolvit_jax.photo.lines import bicubic_weights


@dataclass(frozen=True)
class PlacedHints:
    """Hints on the model's image, one a cell.

    Attributes:
        cells: int `[K, 2]` (row, column) in cells.
        ab: float32 `[K, 2]`, a* and b*; not a number where a place is to be left alone.
        sizes: int `[K]`, sides of the areas that take the color, in pixels of the model's image.
        reaches: float32 `[K]`, in pixels of the model's image; not a number where a hint
            names none.
        row_weights: float32 `[K, S]`: with `column_weights`, how much of each pixel of the model's
            image the photo's pixel under the hint shows once colors are upsampled.
        column_weights: float32 `[K, S]`.
        cell_size: side of a cell, in pixels of the model's image.
        takers: int `[N]`, for each of the hints that were given which of the placed ones is in its
            cell: itself, or a later one.
    """

    cells: np.ndarray
    ab: np.ndarray
    sizes: np.ndarray
    reaches: np.ndarray
    row_weights: np.ndarray
    column_weights: np.ndarray
    cell_size: int
    takers: np.ndarray

    def __len__(self) -> int:
        """Number of hints."""
        return len(self.cells)

    @property
    def left_alone(self) -> np.ndarray:
        """Bool `[K]`, True where a place is to be left as the automatic result has it."""
        return np.isnan(self.ab[:, 0])

    @property
    def centers(self) -> np.ndarray:
        """Centers of the cells, in pixels of the model's image: float32 `[K, 2]`."""
        return (self.cells * self.cell_size + (self.cell_size - 1) / 2).astype(np.float32)

    def with_colors(self, ab: np.ndarray) -> PlacedHints:
        """The same places in other colors."""
        return replace(self, ab=ab)

    def none(self) -> PlacedHints:
        """No hints."""
        return PlacedHints(
            cells=self.cells[:0],
            ab=self.ab[:0],
            sizes=self.sizes[:0],
            reaches=self.reaches[:0],
            row_weights=self.row_weights[:0],
            column_weights=self.column_weights[:0],
            cell_size=self.cell_size,
            takers=self.takers[:0],
        )

    def shown(self, ab: np.ndarray) -> np.ndarray:
        """What the photo shows under the hints.

        Args:
            ab: float32 `[S, S, C]`, at the model's size.

        Returns:
            float32 `[K, C]`.
        """
        return shown_at(ab, self.row_weights, self.column_weights)


def shown_at(ab: np.ndarray, row_weights: np.ndarray, column_weights: np.ndarray) -> np.ndarray:
    """What pixels of a photo show of the model's image.

    Args:
        ab: float32 `[S, S, C]`, at the model's size.
        row_weights: float32 `[K, S]`, of the pixels' rows, from `bicubic_weights`.
        column_weights: float32 `[K, S]`, of their columns.

    Returns:
        float32 `[K, C]`.
    """
    # Only what has weight: products of whole planes would wake BLAS's threads for a few numbers.
    rows, down = _taps(row_weights)
    columns, right = _taps(column_weights)
    seen = ab[rows[:, :, None], columns[:, None, :]]  # [K, T, U, C]
    return np.einsum("kt,ku,ktuc->kc", down, right, seen).astype(np.float32)


def _taps(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where lines `[K, S]` have weight, and how much, in float64: `[K, T]` each."""
    used = weights != 0
    first = used.argmax(axis=1)
    count = (weights.shape[1] - used[:, ::-1].argmax(axis=1) - first).max(initial=0)
    indices = first[:, None] + np.arange(count)
    inside = indices < weights.shape[1]
    indices = np.where(inside, indices, 0)
    taken = np.take_along_axis(weights, indices, axis=1).astype(np.float64)
    return indices, np.where(inside, taken, 0)


def place(
    hints: Sequence[Hint],
    photo_size: tuple[int, int],
    image_size: int,
    cell_size: int = HINT_SIZE,
) -> PlacedHints:
    """Places a person's hints on the model's image.

    Args:
        hints: on the photo; a later one replaces an earlier one in the same cell.
        photo_size: height and width of the photo, in pixels.
        image_size: side S of the model's image, in pixels.
        cell_size: side of a cell, in pixels of the model's image: the model's own hint size.

    Returns:
        The placed hints.

    Raises:
        HintError: for a hint outside the photo.
    """
    marked = [hint_cell(hint, photo_size, image_size, cell_size) for hint in hints]
    by_cell = dict(zip(marked, hints, strict=True))
    kept = list(by_cell.values())
    numbers = {cell: number for number, cell in enumerate(by_cell)}
    rows, columns = np.array([(h.row, h.column) for h in kept], int).reshape(-1, 2).T
    return PlacedHints(
        cells=np.array(list(by_cell), int).reshape(-1, 2),
        ab=colors_of(kept),
        sizes=np.array([hint.size for hint in kept], int),
        reaches=np.array([np.nan if h.reach is None else h.reach for h in kept], np.float32),
        row_weights=bicubic_weights(image_size, photo_size[0], rows),
        column_weights=bicubic_weights(image_size, photo_size[1], columns),
        cell_size=cell_size,
        takers=np.array([numbers[cell] for cell in marked], int),
    )


def place_cells(
    cells: np.ndarray, ab: np.ndarray, image_size: int, cell_size: int = HINT_SIZE
) -> PlacedHints:
    """Places hints whose cells are known: what a cell shows is its mean.

    Args:
        cells: int `[K, 2]` (row, column) in cells, each once.
        ab: float `[K, 2]`, a* and b*.
        image_size: side S of the model's image, in pixels.
        cell_size: side of a cell, in pixels of the model's image.

    Returns:
        The placed hints, of the smallest size; they name no reach.
    """
    count = len(cells)
    inside = np.eye(image_size // cell_size, dtype=np.float32).repeat(cell_size, axis=1) / cell_size
    return PlacedHints(
        cells=cells,
        ab=ab.astype(np.float32),
        sizes=np.full(count, cell_size),
        reaches=np.full(count, np.nan, np.float32),
        row_weights=inside[cells[:, 0]],
        column_weights=inside[cells[:, 1]],
        cell_size=cell_size,
        takers=np.arange(count),
    )
