"""How far hints change a photo: beyond their reach the automatic result comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from acolvit_jax.hints import REACHES
from acolvit_jax.inference.placed import PlacedHints

_SAME = 4.0  # CIE76: a hint that asks for about this little that is new changes little
_LIKE = 20.0  # L*, by which what is left alone fades into what is not
_ALONE = 96.0  # pixels of the model's image: reach of what is left alone and names none
_WINDOW = 9  # pixels of the model's image, side of the square whose texture is looked at


@dataclass(frozen=True)
class Likeness:
    """How far a hint reaches that does not say: to what is like its place, anywhere in the photo.

    A color given to something dark or textured is seldom that of the bright, smooth sky behind
    it. Chosen by random hints and by clicks together (`python -m benchmarks.color_pipeline`).

    Attributes:
        lighter: L*, by which what is lighter than the hint's place fades out.
        darker: L*, by which what is darker does.
        smoother: natural logarithms of texture, by which what is smoother does.
        least: share that everything takes.
    """

    lighter: float = 30.0
    darker: float = 60.0
    smoother: float = 1.0
    least: float = 0.15

    def shares(self, lightness: np.ndarray, hints: PlacedHints) -> list[np.ndarray]:
        """How like each hint's place the pixels are.

        Args:
            lightness: float32 `[S, S]`, L*.
            hints: placed on the model's image.

        Returns:
            For each hint float32 `[S, S]` in [least, 1].
        """
        smooth = -np.log1p(_texture(lightness)) / np.float32(self.smoother)
        shares = []
        for row, column in hints.cells * hints.cell_size:
            cell = lightness[row : row + hints.cell_size, column : column + hints.cell_size]
            apart = lightness - cell.mean()
            apart = np.maximum(apart / self.lighter, apart / -self.darker)
            smoother = np.maximum(smooth - smooth[row, column], 0)
            apart *= apart
            apart += smoother * smoother
            apart *= -0.5
            share = np.exp(apart, out=apart)
            share *= 1 - self.least
            share += self.least
            shares.append(share)
        return shares


USUAL = Likeness()


def _texture(lightness: np.ndarray) -> np.ndarray:
    """Standard deviation of L* in the square around each pixel, float32 `[S, S]`."""
    exact = lightness.astype(np.float64)
    mean, squares = (ndimage.uniform_filter(x, _WINDOW) for x in (exact, exact**2))
    return np.sqrt(np.maximum(squares - mean**2, 0)).astype(np.float32)


def needs_automatic(hints: PlacedHints) -> bool:
    """Whether the result without hints has a part in the result with them."""
    return not (hints.reaches >= REACHES[1]).all() or bool(hints.left_alone.any())


def within_reach(
    hints: PlacedHints, automatic: np.ndarray, lightness: np.ndarray, usual: Likeness = USUAL
) -> np.ndarray:
    """How much of the result with hints is to be taken.

    Args:
        hints: placed on the model's image.
        automatic: float32 `[S, S, 2]`, a* and b* without hints.
        lightness: float32 `[S, S]`, L*.
        usual: reach of hints that name none.

    Returns:
        float32 `[S, S, 1]` in [0, 1]: near 1 at a hint that asks for another color than the
        automatic one, falling as its reach has it; what several hints reach takes more than what
        one does; 0 where the photo is to be left alone.
    """
    side = np.arange(len(lightness), dtype=np.float32)
    untouched = np.ones(lightness.shape, np.float32)
    kept = np.ones(lightness.shape, np.float32)
    news = np.linalg.norm(hints.ab - hints.shown(automatic), axis=-1)
    like = usual.shares(lightness, hints) if np.isnan(hints.reaches).any() else []
    for i, (row, column) in enumerate(hints.centers):
        reach, alone = hints.reaches[i], hints.left_alone[i]
        if np.isnan(reach) and not alone:
            near = like[i]
        elif reach >= REACHES[1]:
            near = np.ones_like(kept)
        else:
            width = _ALONE if np.isnan(reach) else reach
            down, right = (np.exp(-(((side - x) / width) ** 2) / 2) for x in (row, column))
            near = down[:, None] * right
        if alone:
            tone = lightness[int(row), int(column)]
            kept *= 1 - near * np.exp(-(((lightness - tone) / _LIKE) ** 2) / 2)
        else:
            untouched *= 1 - near * (1 - np.exp(-((news[i] / _SAME) ** 2)))
    return ((1 - untouched) * kept)[..., None]
