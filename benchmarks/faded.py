"""What the model makes of faded photos, their tones read as they are and spread.

    python -m benchmarks.faded [--checkpoint NAME] [--images DIR...] [--max_images 42]

The grey of every photo keeps a part of the 8 bits alone: a scan without blacks and whites, a dark
one, a light one, some with the border of a print or the frame of a negative. PSNR in dB of the
automatic result and with 1 and 10 hints of true colors, its colors laid on the clean photo's
lightness; and how many automatic results are worse than grey.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import numpy as np

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.inference.levels import spread_tones
from acolvit_jax.photo import color, images
from benchmarks.color_pipeline import SIDE, Model, arguments, reaching

FADED = ((0, 255), (30, 230), (50, 210), (70, 180), (10, 140), (110, 250), (110, 140))
BORDERED = ((0, 255), (50, 210), (70, 180))  # blacks and whites
BORDERS = {"white border": 250, "black frame": 8}  # bytes
BORDER = 14  # pixels of 224
READ: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as they are": lambda lightness: lightness,
    "spread": spread_tones,
}
HINTS = ("1", "10")
Scan = tuple[np.ndarray, np.ndarray]  # uint8 [S, S, 3] and the L* [S, S] that is read


def fade(lightness: np.ndarray, black: int, white: int) -> np.ndarray:
    """L* of a grey photo whose bytes are squeezed between two."""
    grey = color.lab_to_uint8(np.stack([lightness, 0 * lightness, 0 * lightness], axis=-1))
    return color.uint8_to_lightness(np.uint8(black + grey * ((white - black) / 255) + 0.5))


def score(model: Model, rgb: np.ndarray, seed: int, read: np.ndarray) -> list[float]:
    """PSNR of grey, of the automatic result, and with hints, where lightness `read` is read."""
    photo = model.look_at(rgb, seed, read)
    made = [reaching(np.nan)(photo, photo.hinted[k]) for k in HINTS]
    return [photo.score(ab) for ab in (0 * photo.automatic, photo.automatic, *made)]


def scan(rgb: np.ndarray, black: int, white: int, border: int | None) -> Scan:
    """A photo and the L* of its faded scan, both with a border of some grey."""
    if border is None:
        return rgb, fade(color.uint8_to_lightness(rgb), black, white)
    inner = images.resize(rgb, (SIDE - 2 * BORDER, SIDE - 2 * BORDER))
    whole = np.full_like(rgb, border)
    lightness = color.uint8_to_lightness(whole)
    within = np.s_[BORDER:-BORDER, BORDER:-BORDER]
    whole[within] = inner
    lightness[within] = fade(color.uint8_to_lightness(inner), black, white)
    return whole, lightness


def row(model: Model, scans: list[Scan], name: str) -> list[str]:
    """Means over scans, by how they are read."""
    cells = [name]
    for read in READ.values():
        scores = np.array(
            [score(model, rgb, seed, read(seen)) for seed, (rgb, seen) in enumerate(scans)]
        )
        worse = (scores[:, 1] < scores[:, 0]).sum()
        cells += [*(f"{mean:.2f}" for mean in scores.mean(axis=0)[1:]), f"{worse}"]
    return cells


def main(argv: Sequence[str]) -> None:
    checkpoint, sets = arguments(__doc__.splitlines()[0], argv)
    model, photos = Model(checkpoint), list(chain(*sets.values()))
    kinds = ["automatic", *(f"{k} hints" for k in HINTS), "worse than grey"]
    columns = ["tones", *(f"{kind}, {name}" for name in READ for kind in kinds)]
    print(f"{checkpoint}, {len(photos)} photos\n")
    kept = [(f"{black} to {white}", (black, white, None)) for black, white in FADED]
    kept += [
        (f"{black} to {white}, {name}", (black, white, border))
        for name, border in BORDERS.items()
        for black, white in BORDERED
    ]
    rows = [row(model, [scan(rgb, *how) for rgb in photos], name) for name, how in kept]
    print(markdown_table(columns, rows))


if __name__ == "__main__":
    cli.run(main)
