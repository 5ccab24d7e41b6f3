"""What bfloat16 costs in quality: the same photos in float32 and in bfloat16, at every budget.

    python -m benchmarks.precision [--images DIR ...] [--max_images 0]

Photos and hints are those of the evaluation protocol. A decision is one of a photo's 24: whether a
sublayer is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import PRETRAINED
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.evaluation.image_sets import image_names, open_images, take_evenly
from acolvit_jax.evaluation.methods import IMAGE_SIZE, Method, model_methods
from acolvit_jax.evaluation.protocol import load_photo
from acolvit_jax.evaluation.scores import simple_scores
from acolvit_jax.hints.sets import drawn_hints

BUDGETS = (1.0, 0.7, 0.5, 0.3, 0.15, 0.1)
DTYPES = ("float32", "bfloat16")
HINTS = 10
HEADINGS = [
    "budget",
    "dB, float32",
    "bfloat16 - float32",
    "most lost by one photo",
    "keep ratio, float32",
    "bfloat16 - float32",
    "decisions that differ",
    "photos with one",
]


class Photos(NamedTuple):
    """A set of photos.

    Attributes:
        inputs: the model's, with hints, float32 `[B, S, S, 4]`.
        truth: uint8 `[B, S, S, 3]`.
    """

    inputs: np.ndarray
    truth: np.ndarray


class Result(NamedTuple):
    """What a model makes of photos.

    Attributes:
        psnr: in dB, `[B]`.
        decisions: `[B, depth, 2]`.
    """

    psnr: np.ndarray
    decisions: np.ndarray


def load(images: str, max_images: int) -> Photos:
    """Photos as the protocol has them."""
    whole = open_images(images, "", "")
    hints = drawn_hints(image_names(whole), (HINTS,), IMAGE_SIZE)
    source = take_evenly(whole, max_images)
    photos = [load_photo(source, i, IMAGE_SIZE) for i in range(len(source))]
    inputs = [photo.inputs(hints[HINTS, photo.name]) for photo in photos]
    return Photos(np.stack(inputs), np.stack([photo.rgb for photo in photos]))


def run(method: Method, photos: Photos) -> Result:
    """Colorizes and scores."""
    ab, decisions, _ = method.colorize(photos.inputs)
    assert decisions is not None
    scores = simple_scores(photos.inputs, ab, photos.truth)[1]
    return Result(np.array([score["psnr"] for score in scores]), decisions)


def row(budget: float | None, full: Result, low: Result) -> list[str]:
    """One line of the table."""
    change = low.psnr - full.psnr
    differ = (full.decisions != low.decisions).sum(axis=(1, 2))
    return [
        "fixed" if budget is None else f"{budget:g}",
        f"{full.psnr.mean():.3f}",
        f"{change.mean():+.4f}",
        f"{-change.min():.3f}",
        f"{full.decisions.mean():.4f}",
        f"{low.decisions.mean() - full.decisions.mean():+.4f}",
        f"{differ.sum()} of {full.decisions.size}",
        f"{(differ > 0).sum()} of {len(differ)}",
    ]


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", default=PRETRAINED)
    parser.add_argument("--images", nargs="+", default=[str(sample_photos()[0].parent)])
    parser.add_argument("--max_images", type=int, default=0, help="of a set, evenly; 0 is all")
    args = parser.parse_args(argv)
    methods = {name: model_methods(args.checkpoint, BUDGETS, name) for name in DTYPES}
    for images in args.images:
        photos = load(images, args.max_images)
        print(f"\n{images}, {len(photos.inputs)} photos at {HINTS} hints\n")
        pairs = zip(*(methods[name] for name in DTYPES), strict=True)
        rows = [row(full.budget, run(full, photos), run(low, photos)) for full, low in pairs]
        print(markdown_table(HEADINGS, rows), flush=True)


if __name__ == "__main__":
    cli.run(main)
