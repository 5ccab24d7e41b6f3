"""Chooses what is done with the model's colors: how far hints reach, sizes, the automatic result.

    python -m benchmarks.color_pipeline [--checkpoint NAME] [--images DIR...] [--max_images 42]

Means of PSNR over photos of 224x224, in dB over the automatic result: hints with true colors in 1,
10 and 50 random cells, and a click where the automatic result is worst. Some minutes: to be run
again for new weights; `Likeness` has the default. The last table is of the automatic result: as it
is, with less chroma, as a mean with the mirrored photo's, and with its chroma held back where the
two disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.common import cli
from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import AUTO_DTYPE, PRETRAINED
from acolvit_jax.data.transforms import to_model_units
from acolvit_jax.evaluation.clicks import next_cell
from acolvit_jax.hints import HINT_SIZES, REACHES, cell_means, draw_cells
from acolvit_jax.inference.engine import Engine
from acolvit_jax.inference.placed import PlacedHints, place_cells
from acolvit_jax.inference.reach import Likeness, within_reach
from acolvit_jax.inference.spread import spread_missing
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.precision import with_dtype
from acolvit_jax.photo import color, images
from acolvit_jax.photo.metrics import MSE_FLOOR
from benchmarks.photo_sets import some_photos

SIDE = 224
COUNTS = (1, 10, 50)
USUAL = Likeness()


@dataclass
class Hinted:
    """Hints and the model's answer to them: a* and b*."""

    hints: PlacedHints
    predicted: np.ndarray


@dataclass
class Pictured:
    """A photo and what the model says of it."""

    rgb: np.ndarray
    lightness: np.ndarray
    tones: Tones
    automatic: np.ndarray
    mirrored: np.ndarray
    hinted: dict[str, Hinted] = field(default_factory=dict)

    def score(self, ab: np.ndarray) -> float:
        """PSNR in dB of colors."""
        lab = np.concatenate([self.lightness[..., None], ab.astype(np.float32)], axis=-1)
        error = (color.lab_to_uint8(lab).astype(np.float32) - self.rgb) ** 2 / 255**2
        return float(-10 * np.log10(max(error.mean(), MSE_FLOOR)))


class Model:
    """The bare model."""

    def __init__(self, checkpoint: str) -> None:
        config, params = load_pretrained(checkpoint)
        self.engine = Engine(with_dtype(config, AUTO_DTYPE), params)
        self.budget = self.engine.check_budget(None)

    def answer(self, l_norm: np.ndarray, hints: PlacedHints) -> np.ndarray:
        """a* and b* for hints."""
        planes = draw_cells(hints.cells, hints.ab, SIDE, hints.cell_size)
        inputs = np.concatenate([l_norm[..., None], planes], axis=-1).astype(np.float32)
        return color.denormalize_ab(self.engine.one(inputs, self.budget)[0])

    def look_at(self, rgb: np.ndarray, seed: int, read: np.ndarray | None = None) -> Pictured:
        """Answers for a photo with all hints; `read` is the L* that is read, its own if none."""
        lightness, ab_norm = color.uint8_to_lightness(rgb), to_model_units(rgb)[1]
        l_norm = color.normalize_l(lightness if read is None else read)
        size = self.engine.config.hint_size
        truth = color.denormalize_ab(cell_means(ab_norm, size))

        def hint(cells: np.ndarray) -> PlacedHints:
            return place_cells(cells, truth[tuple(cells.T)], SIDE, size)

        none = hint(np.zeros((0, 2), int))
        automatic = self.answer(l_norm, none)
        mirrored = self.answer(np.ascontiguousarray(l_norm[:, ::-1]), none)[:, ::-1]
        photo = Pictured(rgb, lightness, Tones(l_norm[..., None]), automatic, mirrored)
        places = np.random.default_rng(seed).permutation(truth[..., 0].size)
        chosen = {str(k): np.stack(np.divmod(places[:k], len(truth)), axis=-1) for k in COUNTS}
        lab = np.concatenate([lightness[..., None], automatic], axis=-1)
        error = (color.lab_to_uint8(lab).astype(np.float32) - rgb) ** 2
        first = next_cell(error.mean(axis=-1), np.zeros(truth.shape[:2], bool))
        chosen["click"] = np.array([first])
        for name, cells in chosen.items():
            hints = hint(cells)
            photo.hinted[name] = Hinted(hints, self.answer(l_norm, hints))
        return photo


Finish = Callable[[Pictured, Hinted], np.ndarray]


def reaching(reach: float, usual: Likeness = USUAL, size: int = HINT_SIZES[0]) -> Finish:
    """The steps after the model, with a reach for all hints or, if it is no number, a likeness."""

    def finish(photo: Pictured, given: Hinted) -> np.ndarray:
        count = len(given.hints)
        hints = replace(given.hints, reaches=np.full(count, reach), sizes=np.full(count, size))
        share = within_reach(hints, photo.automatic, photo.tones, usual)
        ab = photo.automatic + share * (given.predicted - photo.automatic)
        return spread_missing(ab, photo.tones, hints)

    return finish


def finishes() -> Iterator[tuple[str, Finish]]:
    """What is compared."""
    yield "the model alone", lambda photo, given: given.predicted
    yield "whole photo", reaching(REACHES[1])
    for reach in (64.0, 96.0, 160.0):
        yield f"{reach:g} pixels", reaching(reach)
    usual = "{0.lighter:g} lighter, {0.darker:g} darker, {0.smoother:g} smoother, {0.least:g} least"
    yield "**" + usual.format(USUAL) + "**", reaching(np.nan)
    for change in (
        {"least": 0.0},
        {"least": 0.3},
        {"smoother": 0.7},
        {"smoother": 1.5},
        {"smoother": 100.0},
        {"lighter": 20.0, "darker": 40.0},
    ):
        other = replace(USUAL, **change)
        yield usual.format(other), reaching(np.nan, other)
    for size in HINT_SIZES[1:]:
        yield f"size {size}", reaching(np.nan, size=size)


def hints_table(photos: list[Pictured], pool: ThreadPoolExecutor) -> str:
    """Gains in dB by what is done after the model."""
    before = np.array([photo.score(photo.automatic) for photo in photos])
    rows = []
    for name, finish in finishes():
        row = [name]
        for key in photos[0].hinted:

            def gain(photo: Pictured, key: str = key, finish: Finish = finish) -> float:
                return photo.score(finish(photo, photo.hinted[key]))

            gains = np.array(list(pool.map(gain, photos))) - before
            row.append(f"{gains.mean():+.2f}")
        rows.append([*row, f"{gains.min():.1f}", f"{(gains < 0).sum()} of {len(photos)}"])
    keys = [*(f"{k} hints" for k in COUNTS), "first click", "its worst", "makes worse"]
    return markdown_table(["reach", *keys], rows)


def automatic_table(photos: list[Pictured]) -> str:
    """The automatic result against grey."""

    def agreed(photo: Pictured, width: float) -> np.ndarray:
        mean = (photo.automatic + photo.mirrored) / 2
        chroma, apart = (
            ndimage.gaussian_filter((x**2).sum(axis=-1), width)
            for x in (mean, photo.automatic - photo.mirrored)
        )
        return mean * (chroma / (chroma + apart + 1e-3))[..., None]

    made: dict[str, Callable[[Pictured], np.ndarray]] = {
        **{f"chroma times {k:g}": lambda p, k=k: k * p.automatic for k in (1, 0.85, 0.7, 0.5, 0.3)},
        "mean with the mirrored": lambda p: (p.automatic + p.mirrored) / 2,
        "held back by disagreement, 8 pixels": lambda p: agreed(p, 8.0),
        "held back by disagreement, 32 pixels": lambda p: agreed(p, 32.0),
    }
    grey = np.array([photo.score(0 * photo.automatic) for photo in photos])
    rows = []
    for name, colors in made.items():
        scores = np.array([photo.score(colors(photo)) for photo in photos])
        worse = f"{(scores < grey).sum()} of {len(photos)}"
        rows.append([name, f"{scores.mean():.2f}", worse, f"{(scores - grey).min():.2f}"])
    rows.append(["grey", f"{grey.mean():.2f}", "", ""])
    return markdown_table(["automatic result", "PSNR", "worse than grey", "by"], rows)


def arguments(about: str, argv: Sequence[str]) -> tuple[str, dict[str, list[np.ndarray]]]:
    """Reads the command line: the model's name, and photos `[SIDE, SIDE, 3]` by set."""
    parser = cli.ArgumentParser(description=about)
    parser.add_argument("--checkpoint", default=PRETRAINED)
    parser.add_argument("--images", nargs="*", type=Path, help="folders (photos of the package)")
    parser.add_argument("--max_images", type=int, default=42, help="of each, evenly")
    args = parser.parse_args(argv)
    chosen = {}
    for folder in args.images or [None]:
        paths = some_photos(folder, args.max_images)
        small = [images.resize(images.read_image(path), (SIDE, SIDE)) for path in paths]
        chosen[str(folder or "photos of the package")] = small
    return args.checkpoint, chosen


def main(argv: Sequence[str]) -> None:
    checkpoint, sets = arguments(__doc__.splitlines()[0], argv)
    model, pool = Model(checkpoint), ThreadPoolExecutor(len(available_cores()))
    for name, small in sets.items():
        photos = list(pool.map(model.look_at, small, range(len(small))))
        print(f"{checkpoint}, {len(photos)} of {name}\n")
        print(f"{hints_table(photos, pool)}\n\n{automatic_table(photos)}\n", flush=True)


if __name__ == "__main__":
    cli.run(main)
