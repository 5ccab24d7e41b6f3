"""The paper's own numbers, for the rows beside ours (REFERENCE.md, "The paper's numbers")."""

from __future__ import annotations

from typing import NamedTuple

SOURCE = "paper, ImageNet ctest10k"


class Published(NamedTuple):
    """One row of the paper's Table 1.

    Attributes:
        name: of the model.
        gmacs: "GFLOPs" in the paper: multiply-accumulates / 1e9.
        psnr: in dB by K.
    """

    name: str
    gmacs: float
    psnr: dict[int, float]


def _row(name: str, gmacs: float, *psnr: float) -> Published:
    return Published(name, gmacs, dict(zip((1, 5, 10, 50), psnr, strict=True)))


TABLE_1 = (
    _row("iColoriT-T", 1.43, 25.69, 27.79, 28.82, 31.08),
    _row("A-ColViT-T-0.9", 1.32, 25.83, 27.93, 28.96, 31.23),
    _row("A-ColViT-T-0.7", 1.07, 25.77, 27.86, 28.90, 31.16),
    _row("A-ColViT-T-0.5", 0.79, 25.66, 27.75, 28.76, 31.00),
    _row("A-ColViT-T-0.3", 0.46, 25.34, 27.42, 28.43, 30.67),
)
# Table 2: images a second, one at a time, one CPU thread (another machine than ours).
TABLE_2 = {"iColoriT-T": 23.6, "A-ColViT-T-0.5": 40.0, "A-ColViT-T-0.3": 50.8}
