"""Figures of a report: as PNG for the page and as SVG for print."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from acolvit_jax.common.files import write_bytes
from acolvit_jax.evaluation.methods import without_budget
from acolvit_jax.evaluation.published import PublishedSet
from acolvit_jax.evaluation.scores import Score
from acolvit_jax.evaluation.summary import Summary, gmacs_by_image

DPI = 110


def save(figure: Figure, folder: Path, name: str) -> str:
    """Writes a figure as PNG and SVG.

    Args:
        figure: to write; it is closed.
        folder: of the report.
        name: of the files, without suffix.

    Returns:
        Name of the PNG.
    """
    for suffix in ("png", "svg"):
        buffer = io.BytesIO()
        metadata = {"Date": None} if suffix == "svg" else None
        figure.savefig(buffer, format=suffix, dpi=DPI, bbox_inches="tight", metadata=metadata)
        write_bytes(folder / f"{name}.{suffix}", buffer.getvalue())
    plt.close(figure)
    return f"{name}.png"


def photo_grid(
    rows: Sequence[Sequence[np.ndarray]], headings: Sequence[str], labels: Sequence[str]
) -> Figure:
    """Rows of photos under headings (the paper's Figures 2 and 3).

    Args:
        rows: pictures, uint8 `[S, S, 3]`.
        headings: one a column.
        labels: one a row, at its left.

    Returns:
        The figure.
    """
    figure, axes = plt.subplots(
        len(rows),
        len(headings),
        figsize=(1.7 * len(headings), 1.7 * len(rows) + 0.3),
        squeeze=False,
        gridspec_kw={"wspace": 0.03, "hspace": 0.03},
    )
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            axes[r, c].imshow(picture)
            axes[r, c].set_xticks([])
            axes[r, c].set_yticks([])
            if r == 0:
                axes[r, c].set_title(headings[c], fontsize=9)
        axes[r, 0].set_ylabel(labels[r], fontsize=9)
    return figure


def compute_histogram(scores: Sequence[Score], names: Sequence[str]) -> Figure:
    """How many photos took how much compute, by model."""
    figure, axis = plt.subplots(figsize=(6, 3.5))
    for name in names:
        values = gmacs_by_image([s for s in scores if s.method == name])
        axis.hist(list(values.values()), bins=30, alpha=0.6, label=name)
    axis.set_xlabel("multiply-accumulates a photo, 1e9 (mean over K)")
    axis.set_ylabel("photos")
    axis.legend(fontsize=8)
    return figure


def keep_heat_map(summaries: Sequence[Summary]) -> Figure:
    """Keep ratio by layer and sublayer, a panel for each model."""
    figure, axes = plt.subplots(
        len(summaries), 1, figsize=(7, 1.15 * len(summaries) + 0.6), squeeze=False, sharex=True
    )
    for axis, summary in zip(axes[:, 0], summaries, strict=True):
        keep = np.array(summary.keep_by_layer).T  # [2, depth]
        image = axis.imshow(keep, vmin=0, vmax=1, cmap="viridis", aspect="auto")
        axis.set_yticks([0, 1], ["attention", "FFN"], fontsize=8)
        axis.set_title(f"{summary.name}: {summary.keep_ratio:.2f} kept", fontsize=9)
        axis.set_xticks(range(keep.shape[1]), range(1, keep.shape[1] + 1), fontsize=8)
    axes[-1, 0].set_xlabel("block")
    figure.subplots_adjust(hspace=0.7)
    figure.colorbar(image, ax=axes[:, 0], label="share of photos that compute it")
    return figure


def _unique_handles(axes: np.ndarray) -> tuple[list[Any], list[str]]:
    """Handles and labels of all panels, each label once."""
    pairs = [pair for axis in axes for pair in zip(*axis.get_legend_handles_labels(), strict=True)]
    by_label = {label: handle for handle, label in pairs}
    return list(by_label.values()), list(by_label)


def quality_against_compute(
    summaries: Sequence[Summary], counts: Sequence[int], paper: PublishedSet
) -> Figure:
    """PSNR against multiply-accumulates: ours at every budget, and the paper's points as printed.

    Args:
        summaries: of models.
        counts: numbers of hints K, a panel each.
        paper: its rows for these images.

    Returns:
        The figure.
    """
    figure, axes = plt.subplots(1, len(counts), figsize=(3.2 * len(counts), 3.2), squeeze=False)
    for axis, count in zip(axes[0], counts, strict=True):
        for family in dict.fromkeys(without_budget(s.name) for s in summaries):
            points = sorted(
                (s.gmacs or 0.0, s.means["psnr"][count])
                for s in summaries
                if without_budget(s.name) == family
            )
            axis.plot(*zip(*points, strict=True), "o-", label=family, markersize=4)
        printed = sorted((r.gmacs, r.psnr[count]) for r in paper.rows[1:] if count in r.psnr)
        if printed:
            label = f"A-ColViT-T ({paper.source})"
            axis.plot(*zip(*printed, strict=True), "s--", color="grey", label=label, markersize=3)
        axis.set_title(f"{count} hints", fontsize=8)
        axis.set_xlabel("multiply-accumulates, 1e9")
    axes[0, 0].set_ylabel("PSNR, dB")
    figure.legend(
        *_unique_handles(axes[0]),
        fontsize=7,
        loc="lower center",
        bbox_to_anchor=(0.5, -0.2),
        ncols=3,
    )
    figure.tight_layout()
    return figure
