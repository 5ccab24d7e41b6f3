"""Photographs that are not in the package, some as old scans: what a few clicks make of them.

    python -m benchmarks.scans PHOTOS OUT.jpg [--count 12]

Of every three photographs one stays as it is, one becomes a grey scan with grain, one a grey scan,
faded and stained by JPEG. Each gets clicks where its colors are worst, with the true color at that
place. The scores are of colors alone: they are laid on the clean photo's lightness. OUT shows the
scan, the automatic result, the result after the clicks, and the truth.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import PRETRAINED
from acolvit_jax.evaluation.clicks import next_cell
from acolvit_jax.hints import Hint
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.inference.finish import color_photo
from acolvit_jax.photo import images, pictures
from acolvit_jax.photo.metrics import MSE_FLOOR
from benchmarks.photo_sets import some_photos

CLICKS = 5
CELLS = 56  # a side, of places that can be clicked
GRAIN = 10.0  # standard deviation, of 255
FADED = (60, 200)  # darkest and lightest of 255
QUALITY = 20
SHOWN = 150  # pixels, side in OUT


def as_it_is(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rgb


def grainy(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grey = np.asarray(Image.fromarray(rgb).convert("L"), np.float32)
    return grey_photo(grey + rng.normal(0, GRAIN, grey.shape))


def faded(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grey = np.asarray(Image.fromarray(rgb).convert("L"), np.float32)
    low, high = FADED
    buffer = io.BytesIO()
    scan = grey_photo(low + grey * (high - low) / 255)
    Image.fromarray(scan).save(buffer, "JPEG", quality=QUALITY)
    return images.read_image(buffer.getvalue())


def grey_photo(grey: np.ndarray) -> np.ndarray:
    return np.repeat(np.round(grey).clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1)


KINDS = {"as it is": as_it_is, "grey, grain": grainy, "grey, faded, JPEG": faded}


def decibels(rgb: np.ndarray, truth: np.ndarray) -> float:
    error = ((rgb.astype(float) - truth) ** 2).mean() / 255**2
    return float(-10 * np.log10(max(error, MSE_FLOOR)))


def click(colorizer: Colorizer, scan: np.ndarray, truth: np.ndarray) -> list[np.ndarray]:
    """Colors at the model's size after 0, 1, ... clicks."""
    hints: list[Hint] = []
    taken = np.zeros((CELLS, CELLS), bool)
    made = [colorizer(scan).ab]
    for _ in range(CLICKS):
        square = (CELLS * 4, CELLS * 4)
        now, wanted = (
            images.resize(rgb, square).astype(np.float32)
            for rgb in (color_photo(truth, made[-1]), truth)
        )
        cell = next_cell(((now - wanted) ** 2).mean(axis=-1), taken)
        taken[cell] = True
        row, column = (
            int((at + 0.5) * length / CELLS) for at, length in zip(cell, truth.shape, strict=False)
        )
        red, green, blue = truth[row, column].tolist()
        hints.append(Hint(row, column, (red, green, blue)))
        made.append(colorizer(scan, hints).ab)
    return made


def square(rgb: np.ndarray) -> np.ndarray:
    """The middle of a photo, small."""
    height, width = rgb.shape[:2]
    side = min(height, width)
    left, top = (width - side) / 2, (height - side) / 2
    return images.crop_resize(rgb, (left, top, left + side, top + side), (SHOWN, SHOWN))


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--checkpoint", default=PRETRAINED)
    parser.add_argument("--count", type=int, default=12, help="of the photos, evenly")
    args = parser.parse_args(argv)
    colorizer = Colorizer.from_pretrained(args.checkpoint)
    paths = some_photos(args.photos, args.count)
    rows, shown = [], []
    for i, path in enumerate(paths):
        truth = images.read_image(path)
        kind = list(KINDS)[i % len(KINDS)]
        scan = KINDS[kind](truth, np.random.default_rng(i))
        made = click(colorizer, scan, truth)
        grey = decibels(color_photo(truth, 0 * made[0]), truth)
        scores = [decibels(color_photo(truth, ab), truth) for ab in made]
        cells = [f"{scores[k]:.1f}" for k in (0, 1, 3, CLICKS)]
        rows.append([path.name, kind, f"{grey:.1f}", *cells])
        results = [color_photo(scan, made[0]), color_photo(scan, made[-1])]
        black = color_photo(scan, 0 * made[0])
        shown.append([square(x) for x in (black, *results, truth)])
    headings = ["grey scan", "automatic", f"{CLICKS} clicks", "truth"]
    images.write_image(args.out, pictures.grid(shown, headings))
    print(markdown_table(["photo", "as", "grey", "automatic", "1", "3", str(CLICKS)], rows))


if __name__ == "__main__":
    cli.run(main)
