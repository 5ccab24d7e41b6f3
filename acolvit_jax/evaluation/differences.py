"""How methods differ from the first model, photo by photo."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from acolvit_jax.common.tables import markdown_table
from acolvit_jax.evaluation.click_report import shown_counts
from acolvit_jax.evaluation.click_scores import Clicked
from acolvit_jax.evaluation.scores import Score


class Paired(NamedTuple):
    """A difference of PSNR over the same photos.

    Attributes:
        mean: in dB.
        error: the mean's standard error in dB: the deviation over photos (of a sample) by the root
            of their number; None of a single photo.
    """

    mean: float
    error: float | None


@dataclass(frozen=True)
class Difference:
    """One method against another, both on the same photos.

    Attributes:
        name: of the method.
        base: name of the other.
        photos: how many both colored.
        hints: by number of random hints.
        clicks: after 0, 1, 2, ... clicks; empty if one of the two was not clicked with.
    """

    name: str
    base: str
    photos: int
    hints: dict[int, Paired]
    clicks: list[Paired]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Difference:
        """One of a `report.json`, under `against`."""
        return cls(
            values["name"],
            values["base"],
            values["photos"],
            {int(count): Paired(*pair) for count, pair in values["hints"].items()},
            [Paired(*pair) for pair in values["clicks"]],
        )


def differences(
    scores: Iterable[Score], clicked: Iterable[Clicked], names: Sequence[str], base: str
) -> list[Difference]:
    """Compares every other method with one.

    Args:
        scores: of single photos.
        clicked: of single photos.
        names: of the methods, in the order of the report.
        base: the one to compare with.

    Returns:
        One a method, without `base`.
    """
    psnr: dict[str, dict[tuple[int, str], float]] = {name: {} for name in names}
    for score in scores:
        if score.method in psnr:
            psnr[score.method][score.count, score.image] = score.values["psnr"]
    steps: dict[str, dict[tuple[int, str], float]] = {name: {} for name in names}
    for one in clicked:
        if one.method in steps:
            steps[one.method] |= {(k, one.image): value for k, value in enumerate(one.psnr)}
    return [
        Difference(
            name,
            base,
            len({image for _, image in psnr[name].keys() & psnr[base].keys()}),
            _by_count(psnr[name], psnr[base]),
            list(_by_count(steps[name], steps[base]).values()),
        )
        for name in names
        if name != base
    ]


def _by_count(
    one: Mapping[tuple[int, str], float], other: Mapping[tuple[int, str], float]
) -> dict[int, Paired]:
    """Differences of what both have, by number of hints or clicks."""
    found: dict[int, list[float]] = {}
    for key in sorted(one.keys() & other.keys()):  # sums do not depend on their history
        found.setdefault(key[0], []).append(one[key] - other[key])
    return {count: _paired(values) for count, values in found.items()}


def _paired(values: Sequence[float]) -> Paired:
    number = len(values)
    mean = math.fsum(values) / number
    if number == 1:
        return Paired(mean, None)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Paired(mean, math.sqrt(squares / (number - 1) / number))


def pooled(parts: Sequence[Difference]) -> Difference:
    """Several sets of photos taken as one; each keeps its share.

    Args:
        parts: of one method against one other, with the same numbers of hints and clicks.

    Returns:
        Means over all photos; errors as of a stratified sample.
    """
    photos = [part.photos for part in parts]
    return Difference(
        parts[0].name,
        parts[0].base,
        sum(photos),
        {k: _pooled([part.hints[k] for part in parts], photos) for k in parts[0].hints},
        [_pooled(step, photos) for step in zip(*(part.clicks for part in parts), strict=True)],
    )


def _pooled(parts: Sequence[Paired], photos: Sequence[int]) -> Paired:
    shares = [number / sum(photos) for number in photos]
    mean = math.fsum(share * part.mean for share, part in zip(shares, parts, strict=True))
    errors = [part.error for part in parts]
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):
        return Paired(mean, None)
    return Paired(mean, math.hypot(*(s * e for s, e in zip(shares, known, strict=True))))


def difference_tables(found: Sequence[Difference]) -> str:
    """Two tables: PSNR by random hints, and by clicks where there were any."""
    hints = markdown_table(
        ["random hints", *(str(k) for k in found[0].hints)],
        [[one.name, *(_cell(value) for value in one.hints.values())] for one in found],
    )
    clicked = [one for one in found if one.clicks]
    if not clicked:
        return hints
    counts = shown_counts(len(clicked[0].clicks) - 1)
    clicks = markdown_table(
        ["clicks", *(str(k) for k in counts)],
        [[one.name, *(_cell(one.clicks[k]) for k in counts)] for one in clicked],
    )
    return f"{hints}\n\n{clicks}"


def _cell(value: Paired) -> str:
    error = "" if value.error is None else f" ± {value.error:.2f}"
    return f"{value.mean:+.2f}{error}"
