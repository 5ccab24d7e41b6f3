"""What the clicks come to: numbers, table and figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from acolvit_jax.common.tables import markdown_table
from acolvit_jax.evaluation import clicks
from acolvit_jax.evaluation.click_scores import Clicked
from acolvit_jax.hints.clicks import BLUR

COUNTS = (0, 1, 3, 5, 10, 15)  # clicks whose PSNR the table has


@dataclass(frozen=True)
class ClickSummary:
    """One method's clicks over all photos.

    Attributes:
        name: of the method.
        photos: how many were clicked on.
        clicks: on each.
        psnr: mean in dB after 0, 1, 2, ... clicks.
        clicks_to: mean number of clicks by target in dB; a photo that never gets there counts as
            `clicks`, as is usual.
        never: share of the photos that do not get there, by target.
        worse: photos that the first click makes worse.
        first_gains: PSNR gained by the first click in dB, by photo, sorted.
        reach: mean share of the change inside `clicks.RADII` of a click, over all clicks that
            changed anything; None if none did.
        across: mean share of the change behind strong edges; None likewise.
    """

    name: str
    photos: int
    clicks: int
    psnr: list[float]
    clicks_to: dict[float, float]
    never: dict[float, float]
    worse: int
    first_gains: list[float]
    reach: list[float] | None
    across: float | None


def summarize_clicks(clicked: Iterable[Clicked], names: Sequence[str]) -> list[ClickSummary]:
    """Averages clicks by method; every photo counts once.

    Args:
        clicked: of single photos, as many clicks on each.
        names: of the methods, in the order of the report.

    Returns:
        One summary a method that has clicks.
    """
    ordered = sorted(clicked, key=lambda one: one.key)  # sums do not depend on their history
    by_name = {name: [one for one in ordered if one.method == name] for name in names}
    return [_of_one(name, found) for name, found in by_name.items() if found]


def _of_one(name: str, found: list[Clicked]) -> ClickSummary:
    count = len(found[0].cells)
    noc = {t: [clicks.clicks_to(one.psnr, t) for one in found] for t in clicks.TARGETS}
    gains = sorted(one.psnr[1] - one.psnr[0] for one in found)
    reaches = [reach for one in found for reach in one.reach if reach is not None]
    across = [share for one in found for share in one.across if share is not None]
    return ClickSummary(
        name,
        len(found),
        count,
        [_mean([one.psnr[k] for one in found]) for k in range(count + 1)],
        {t: _mean([count if n is None else n for n in numbers]) for t, numbers in noc.items()},
        {t: numbers.count(None) / len(found) for t, numbers in noc.items()},
        sum(gain < 0 for gain in gains),
        gains,
        [_mean(shares) for shares in zip(*reaches, strict=True)] or None,
        _mean(across) if across else None,
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def shown_counts(most: int) -> list[int]:
    """Which numbers of clicks tables have, up to `most`."""
    return [k for k in COUNTS if k < most] + [most]


def click_tables(summaries: Sequence[ClickSummary]) -> str:
    """Three tables: PSNR by clicks, number of clicks, and what one click does."""
    most = summaries[0].clicks
    counts = shown_counts(most)
    psnr = markdown_table(
        ["PSNR, dB, after clicks", *(str(k) for k in counts)],
        [[s.name, *(f"{s.psnr[k]:.2f}" for k in counts)] for s in summaries],
    )
    headings = ["", *(f"clicks to {t:g} dB" for t in clicks.TARGETS)]
    headings += [f"never {t:g} dB" for t in clicks.TARGETS]
    noc = markdown_table(
        headings,
        [
            [s.name]
            + [f"{s.clicks_to[t]:.1f}" for t in clicks.TARGETS]
            + [f"{s.never[t]:.0%}" for t in clicks.TARGETS]
            for s in summaries
        ],
    )
    headings = ["", "first click makes worse", "its mean gain, dB", "its worst, dB"]
    headings += [f"change within {r} px" for r in clicks.RADII] + ["behind strong edges"]
    single = markdown_table(
        headings,
        [
            [s.name, f"{s.worse} of {s.photos}", f"{_mean(s.first_gains):.2f}"]
            + [f"{s.first_gains[0]:.1f}"]
            + ([f"{share:.0%}" for share in s.reach] if s.reach else [""] * len(clicks.RADII))
            + ["" if s.across is None else f"{s.across:.0%}"]
            for s in summaries
        ],
    )
    note = (
        f"Each click is placed where the error, blurred by {BLUR:g} pixels, is largest, and "
        f"has the true color. A photo that never reaches a target counts as {most} clicks to it. "
        "The change is that of a* and b*; its shares are means over all clicks."
    )
    return "\n\n".join([note, psnr, noc, single])


def click_figure(summaries: Sequence[ClickSummary]) -> Figure:
    """PSNR by number of clicks, and what the first click is worth, photo by photo."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2))
    for s in summaries:
        left.plot(range(s.clicks + 1), s.psnr, "o-", markersize=3, label=s.name)
        right.plot(np.arange(1, s.photos + 1) / s.photos, s.first_gains, label=s.name)
    left.set_xlabel("clicks")
    left.set_ylabel("mean PSNR, dB")
    left.legend(fontsize=7)
    right.axhline(0, color="grey", linewidth=0.8)
    right.set_xlabel("share of the photos, sorted")
    right.set_ylabel("gain of the first click, dB")
    figure.tight_layout()
    return figure
