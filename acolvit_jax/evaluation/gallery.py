"""The report's pictures: which photos they show, and what each method makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from acolvit_jax.data.records import ImageSource, evenly
from acolvit_jax.evaluation import figures
from acolvit_jax.evaluation.methods import Method
from acolvit_jax.evaluation.protocol import ProtocolPhoto, load_photo
from acolvit_jax.evaluation.published import PublishedSet
from acolvit_jax.evaluation.scores import Score, simple_scores
from acolvit_jax.evaluation.summary import Summary, gmacs_by_image
from acolvit_jax.hints import pictures as hint_pictures
from acolvit_jax.hints.sets import HintSet

SHOWN = 4  # photos of Figure 2
EXTREMES = 5  # photos of each row of Figure 3


def draw_all(
    folder: Path,
    source: ImageSource,
    names: Sequence[str],
    hint_set: HintSet,
    methods: Sequence[Method],
    counts: Sequence[int],
    summaries: Sequence[Summary],
    scores: Sequence[Score],
    image_size: int,
    paper: PublishedSet,
) -> dict[str, str]:
    """Draws every figure that the methods allow.

    Args:
        folder: of the report.
        source: of encoded images.
        names: file names by index.
        hint_set: cells by K and name.
        methods: that were scored.
        counts: numbers of hints K.
        summaries: one a method.
        scores: of single images.
        image_size: side of the images.
        paper: its rows for these images.

    Returns:
        Caption by file name.
    """
    scored = {score.image for score in scores}
    places = {name: i for i, name in enumerate(names) if name in scored}
    shown = [list(places)[i] for i in evenly(len(places), SHOWN)]
    photos = {name: load_photo(source, places[name], image_size) for name in shown}
    made = {}
    figure = _results(photos, hint_set, methods, counts)
    made[figures.save(figure, folder, "figure_2")] = (
        "Photos by number of hints K: the grey photo with its hints, each method, the truth."
    )
    models = [s for s in summaries if s.keep_by_layer is not None]
    if not models:
        return made
    gated = [s for s in models if s.keep_ratio is not None and s.keep_ratio < 1]
    quality = figures.quality_against_compute(models, counts, paper)
    made[figures.save(quality, folder, "quality")] = (
        f"PSNR against multiply-accumulates; grey: what the paper prints ({paper.source})."
    )
    if not gated:
        return made
    adaptive = max(gated, key=lambda s: s.keep_deviation or 0.0)
    compute = gmacs_by_image([s for s in scores if s.method == adaptive.name])
    made[figures.save(_extremes(compute, source, places, image_size), folder, "figure_3")] = (
        f"Photos that {adaptive.name} gives least and most compute."
    )
    histogram = figures.compute_histogram(scores, [s.name for s in gated])
    made[figures.save(histogram, folder, "compute")] = "Compute by photo."
    made[figures.save(figures.keep_heat_map(gated), folder, "keep")] = (
        "Share of the photos that compute each sublayer."
    )
    return made


def _results(
    photos: Mapping[str, ProtocolPhoto],
    hint_set: HintSet,
    methods: Sequence[Method],
    counts: Sequence[int],
) -> figures.Figure:
    """Figure 2."""
    rows, labels = [], []
    for name, photo in photos.items():
        for count in counts:
            inputs = photo.inputs(hint_set[count, name])
            row = [hint_pictures.hints_picture(inputs)]
            for method in methods:
                ab = method.colorize(inputs[None]).ab
                rgb, _ = simple_scores(inputs[None], ab, photo.rgb[None])
                row.append(np.round(rgb[0] * 255).astype(np.uint8))
            rows.append([*row, photo.rgb])
            labels.append(f"{count} hints")
    headings = ["grey, hints", *(c.name for c in methods), "truth"]
    return figures.photo_grid(rows, headings, labels)


def _extremes(
    compute: Mapping[str, float],
    source: ImageSource,
    places: Mapping[str, int],
    image_size: int,
) -> figures.Figure:
    """Figure 3."""
    ordered = sorted(compute, key=lambda name: compute[name])
    count = min(EXTREMES, len(ordered))
    groups = {"least": ordered[:count], "most": ordered[-count:]}
    rows, labels = [], []
    for label, chosen in groups.items():
        rows.append([load_photo(source, places[name], image_size).rgb for name in chosen])
        labels.append(f"{label}\n{np.mean([compute[n] for n in chosen]):.2f} GMACs")
    return figures.photo_grid(rows, [""] * count, labels)
