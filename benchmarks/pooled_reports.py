"""Reports on several sets of photos taken as one: scores, and differences from one method.

    python -m benchmarks.pooled_reports REPORT... [--base any@0.5+finished]

A report is a folder that `acolvit_jax.evaluate --output` wrote. All are of the same methods, hints
and clicks. Every photo counts once; errors are those of a stratified sample. `--base` names the
method to compare with, the first model if it is not given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from acolvit_jax.common import cli
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.json_lines import parse_object
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.evaluation.click_report import ClickSummary, shown_counts, summarize_clicks
from acolvit_jax.evaluation.click_scores import Clicked, read_clicks
from acolvit_jax.evaluation.differences import Difference, difference_tables, differences, pooled
from acolvit_jax.evaluation.scores import REPORT_FILE, Score, read_scores
from acolvit_jax.evaluation.summary import summarize

GOOD = 28.0  # dB
ASKED = ("methods", "numbers of hints", "clicks")  # what reports must have in common


class Scored(NamedTuple):
    """What a report is of."""

    folder: Path
    scores: list[Score]
    clicked: list[Clicked]


def read_report(folder: Path) -> Scored:
    """The scores and clicks of a report, without those of methods that it does not tell of.

    Raises:
        ConfigError: if the folder holds no report, or scores of other photos for other methods.
    """
    try:
        told = parse_object((folder / REPORT_FILE).read_bytes())
        names = {contender["name"] for contender in told["contenders"]}
        most = max((one["clicks"] for one in told["clicks"]), default=0)
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder} holds no finished report; see `evaluate --output`") from error
    scores = {score.key: score for score in read_scores(folder) if score.method in names}
    clicked = {one.key: one.first(most) for one in read_clicks(folder) if one.method in names}
    if not most:
        clicked = {}
    for photos in (_photos(scores), _photos(clicked)):
        if len(set(photos.values())) > 1:
            raise ConfigError(f"{folder} lacks photos of a method; run its `evaluate` again")
    return Scored(folder, list(scores.values()), list(clicked.values()))


def _photos(keys: Iterable[tuple[Any, ...]]) -> dict[str, frozenset[tuple[Any, ...]]]:
    """By method, which comes first in the keys, what else is in them."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    for method, *others in keys:
        found.setdefault(method, set()).add(tuple(others))
    return {method: frozenset(others) for method, others in found.items()}


def method_names(reports: Sequence[Scored]) -> list[str]:
    """Methods of the first report, models before baselines.

    Raises:
        ConfigError: if another report has other methods, hints or clicks.
    """
    first = reports[0]
    for report in reports[1:]:
        for what, one, other in zip(ASKED, _asked(first), _asked(report), strict=True):
            if one != other:
                raise ConfigError(
                    f"{report.folder} has other {what} than {first.folder}: {_listed(other)} "
                    f"instead of {_listed(one)}"
                )
    models = dict.fromkeys(score.method for score in first.scores if score.decisions is not None)
    return list(models | dict.fromkeys(score.method for score in first.scores))


def _asked(report: Scored) -> tuple[set[object], ...]:
    """What a report has, in the order of `ASKED`."""
    return (
        {score.method for score in report.scores},
        {score.count for score in report.scores},
        {(one.method, len(one.cells)) for one in report.clicked},
    )


def _listed(found: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, found))) or "none"


def hint_table(scores: Iterable[Score], names: Sequence[str]) -> str:
    """Mean PSNR by number of random hints."""
    means = {one.name: one.means["psnr"] for one in summarize(scores, names)}
    rows = [[name, *(f"{value:.2f}" for value in psnr.values())] for name, psnr in means.items()]
    return markdown_table(["random hints", *map(str, means[names[0]])], rows)


def click_table(summaries: Sequence[ClickSummary]) -> str:
    """Mean PSNR by clicks, and what the first click does."""
    counts = shown_counts(summaries[0].clicks)
    heads = ["clicks", *map(str, counts), "first makes worse", "its gain", "its worst"]
    rows = [
        [
            one.name,
            *(f"{one.psnr[k]:.2f}" for k in counts),
            f"{one.worse} of {one.photos}",
            f"{math.fsum(one.first_gains) / one.photos:.2f}",
            f"{one.first_gains[0]:.1f}",
            f"{one.never[GOOD] * one.photos:.0f}",
        ]
        for one in summaries
    ]
    return markdown_table([*heads, f"never {GOOD:.0f} dB"], rows)


def compared(reports: Sequence[Scored], names: Sequence[str], base: str) -> list[Difference]:
    """Every other method against one, over all photos."""
    by_report = [differences(one.scores, one.clicked, names, base) for one in reports]
    return [pooled(parts) for parts in zip(*by_report, strict=True)]


def tables(folders: Sequence[Path], base: str) -> str:
    """Scores and differences of the methods of reports.

    Raises:
        ConfigError: if a folder holds no whole report or is named twice, the reports differ in
            methods, hints or clicks, or there is no method `base`.
    """
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise ConfigError("a report is named twice; its photos would count twice")
    reports = [read_report(folder) for folder in folders]
    names = method_names(reports)
    if base and base not in names:
        raise ConfigError(f"no method {base!r} in {folders[0]}; there are {', '.join(names)}")
    scores = list(chain.from_iterable(report.scores for report in reports))
    clicked = list(chain.from_iterable(report.clicked for report in reports))
    parts = [hint_table(scores, names)]
    if summaries := summarize_clicks(clicked, names):
        parts += [click_table(summaries)]
    base = base or names[0]
    if found := compared(reports, names, base):
        parts += [f"against {base}, in dB", difference_tables(found)]
    return "\n\n".join(parts)


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT")
    parser.add_argument("--base", default="", help="method to compare with (the first model)")
    args = parser.parse_args(argv)
    print(tables(args.reports, args.base))


if __name__ == "__main__":
    cli.run(main)
