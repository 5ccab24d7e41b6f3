"""From the scores of single images to the numbers of a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from acolvit_jax.evaluation.scores import Score

METRICS = ("psnr", "lpips", "boundary_psnr", "patch_error_variance", "propagation")


@dataclass(frozen=True)
class Summary:
    """One method over all images.

    Attributes:
        name: of the method.
        images: how many were scored.
        means: by metric, then by K.
        gmacs: mean multiply-accumulates / 1e9 over images and K, None for a baseline.
        keep_ratio: mean over images, K and layers, None for a baseline.
        keep_deviation: standard deviation over the images of their mean keep ratio over K.
        keep_by_layer: `[depth][2]` (attention, FFN), None for a baseline.
    """

    name: str
    images: int
    means: dict[str, dict[int, float]]
    gmacs: float | None
    keep_ratio: float | None
    keep_deviation: float | None
    keep_by_layer: list[list[float]] | None


def summarize(scores: Iterable[Score], names: Sequence[str]) -> list[Summary]:
    """Averages scores by method; every image counts once.

    Args:
        scores: of single images.
        names: of the methods, in the order of the report.

    Returns:
        One summary a method.
    """
    ordered = sorted(scores, key=lambda score: score.key)  # sums do not depend on their history
    return [_of_one(name, [s for s in ordered if s.method == name]) for name in names]


def _of_one(name: str, scores: list[Score]) -> Summary:
    counts = sorted({score.count for score in scores})
    means: dict[str, dict[int, float]] = {}
    for metric in METRICS:
        values = {
            k: [s.values[metric] for s in scores if s.count == k and metric in s.values]
            for k in counts
        }
        if any(values.values()):
            means[metric] = {k: math.fsum(v) / len(v) for k, v in values.items() if v}
    images = sorted({score.image for score in scores})
    decided = [score for score in scores if score.decisions is not None]
    if not decided:
        return Summary(name, len(images), means, None, None, None, None)
    decisions = np.array([score.decisions for score in decided], np.float64)
    by_image = keep_by_image(decided)
    return Summary(
        name,
        len(images),
        means,
        math.fsum(score.macs or 0.0 for score in decided) / len(decided) / 1e9,
        float(decisions.mean()),
        float(np.std(list(by_image.values()))),
        decisions.mean(axis=0).tolist(),
    )


def keep_by_image(scores: Iterable[Score]) -> dict[str, float]:
    """Mean keep ratio of each image over K, for the scores of one model."""
    found: dict[str, list[float]] = {}
    for score in scores:
        if score.decisions is not None:
            found.setdefault(score.image, []).append(float(np.mean(score.decisions)))
    return {image: float(np.mean(values)) for image, values in found.items()}


def gmacs_by_image(scores: Iterable[Score]) -> dict[str, float]:
    """Mean multiply-accumulates / 1e9 of each image over K, for the scores of one model."""
    found: dict[str, list[float]] = {}
    for score in scores:
        if score.macs is not None:
            found.setdefault(score.image, []).append(score.macs / 1e9)
    return {image: float(np.mean(values)) for image, values in found.items()}
