"""The paper's own numbers, for the rows beside ours (paper, Tables 1 and 2)."""

from __future__ import annotations

import re
from typing import NamedTuple

COUNTS = (1, 5, 10, 50)  # numbers of hints K


class Published(NamedTuple):
    """One row of the paper's Table 1.

    Attributes:
        name: of the model.
        gmacs: "GFLOPs" in the paper: multiply-accumulates / 1e9.
        psnr: in dB by K.
        lpips: by K.
    """

    name: str
    gmacs: float
    psnr: dict[int, float]
    lpips: dict[int, float]


class PublishedSet(NamedTuple):
    """One data set of the paper's Table 1.

    Attributes:
        source: what the rows are called, the data set's name in it.
        rows: the baseline first.
    """

    source: str
    rows: tuple[Published, ...]


def _row(name: str, gmacs: float, psnr: tuple[float, ...], lpips: tuple[float, ...]) -> Published:
    by_count = (dict(zip(COUNTS, values, strict=True)) for values in (psnr, lpips))
    return Published(name, gmacs, *by_count)


IMAGENET = PublishedSet(
    "paper, ImageNet ctest10k",
    (
        _row("iColoriT-T", 1.43, (25.69, 27.79, 28.82, 31.08), (0.113, 0.093, 0.085, 0.068)),
        _row("A-ColViT-T-0.9", 1.32, (25.83, 27.93, 28.96, 31.23), (0.111, 0.091, 0.083, 0.067)),
        _row("A-ColViT-T-0.7", 1.07, (25.77, 27.86, 28.90, 31.16), (0.111, 0.092, 0.083, 0.067)),
        _row("A-ColViT-T-0.5", 0.79, (25.66, 27.75, 28.76, 31.00), (0.114, 0.094, 0.086, 0.069)),
        _row("A-ColViT-T-0.3", 0.46, (25.34, 27.42, 28.43, 30.67), (0.120, 0.098, 0.090, 0.072)),
    ),
)
FLOWERS = PublishedSet(
    "paper, Oxford 102 Flowers",
    (
        _row("iColoriT-T", 1.43, (20.31, 23.31, 24.67, 27.30), (0.213, 0.151, 0.130, 0.095)),
        _row("A-ColViT-T-0.9", 1.32, (20.49, 23.53, 24.89, 27.50), (0.205, 0.145, 0.124, 0.091)),
        _row("A-ColViT-T-0.7", 1.09, (20.44, 23.44, 24.80, 27.40), (0.208, 0.148, 0.126, 0.093)),
        _row("A-ColViT-T-0.5", 0.86, (20.31, 23.28, 24.64, 27.24), (0.213, 0.151, 0.129, 0.095)),
        _row("A-ColViT-T-0.3", 0.49, (20.06, 22.87, 24.19, 26.80), (0.225, 0.162, 0.139, 0.103)),
    ),
)
# The paper prints 0.010 as the LPIPS@5 of iColoriT-T, where its other rows have 0.096 to 0.103.
BIRDS = PublishedSet(
    "paper, CUB-200",
    (
        _row("iColoriT-T", 1.43, (26.64, 28.74, 29.60, 31.60), (0.121, 0.010, 0.090, 0.073)),
        _row("A-ColViT-T-0.9", 1.32, (26.77, 28.86, 29.71, 31.74), (0.118, 0.096, 0.088, 0.071)),
        _row("A-ColViT-T-0.7", 1.07, (26.72, 28.80, 29.66, 31.67), (0.120, 0.097, 0.089, 0.072)),
        _row("A-ColViT-T-0.5", 0.79, (26.62, 28.68, 29.52, 31.50), (0.121, 0.099, 0.090, 0.074)),
        _row("A-ColViT-T-0.3", 0.46, (26.30, 28.40, 29.23, 31.17), (0.129, 0.103, 0.094, 0.078)),
    ),
)
# Table 2: images a second, one at a time, one CPU thread (another machine than ours).
TABLE_2 = {"iColoriT-T": 23.6, "A-ColViT-T-0.5": 40.0, "A-ColViT-T-0.3": 50.8}

_BY_NAME = {
    re.compile(r"flower"): FLOWERS,
    re.compile(r"(?<![a-z])cub(?![a-z])|caltech_birds|tfds:birds"): BIRDS,
}


def published_for(images: str) -> PublishedSet:
    """The paper's rows for some images.

    Args:
        images: what an evaluation was asked for: a folder, `sample` or `tfds:NAME`.

    Returns:
        Those of Flowers or CUB-200 where the name says so; else those of ImageNet.
    """
    name = images.lower()
    return next((rows for part, rows in _BY_NAME.items() if part.search(name)), IMAGENET)
