"""Reports on several sets of photos taken as one: scores, and differences from one method.

    python -m benchmarks.pooled_reports REPORT... [--base any@0.5+finished]

A report is a folder that `acolvit_jax.evaluate --output` wrote, with `--clicks` in all or in none.
Methods are those of the first report. Every photo counts once; errors are those of a stratified
sample. `--base` names the method to compare with, the first model if it is not given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from acolvit_jax.common import cli
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.evaluation.click_report import shown_counts
from acolvit_jax.evaluation.click_scores import Clicked, read_clicks
from acolvit_jax.evaluation.clicks import clicks_to
from acolvit_jax.evaluation.differences import Difference, difference_tables, differences, pooled
from acolvit_jax.evaluation.scores import Score, read_scores

GOOD = 28.0  # dB


def scored(folder: Path) -> list[Score]:
    """The scores of a report.

    Raises:
        ConfigError: if the folder holds none.
    """
    scores = read_scores(folder)
    if not scores:
        raise ConfigError(f"{folder} holds no report; write one with `evaluate --output {folder}`")
    return scores


def method_names(reports: Sequence[Sequence[Score]], folders: Sequence[Path]) -> list[str]:
    """Methods of the first report, in its order, models before baselines.

    Raises:
        ConfigError: if another report lacks one of them.
    """
    models = dict.fromkeys(score.method for score in reports[0] if score.decisions is not None)
    names = list(models | dict.fromkeys(score.method for score in reports[0]))
    for scores, folder in zip(reports[1:], folders[1:], strict=True):
        found = {score.method for score in scores}
        if missing := [name for name in names if name not in found]:
            raise ConfigError(f"{folder} lacks {', '.join(missing)}; evaluate the same methods")
    return names


def hint_row(name: str, scores: Iterable[Score]) -> list[str]:
    """A method's mean PSNR by number of random hints."""
    by_count: dict[int, list[float]] = {}
    for score in scores:
        if score.method == name:
            by_count.setdefault(score.count, []).append(score.values["psnr"])
    return [name, *(f"{_mean(by_count[count]):.2f}" for count in sorted(by_count))]


def click_row(name: str, clicked: Iterable[Clicked]) -> list[str]:
    """A method's mean PSNR by clicks, and what its first click does."""
    psnr = [one.psnr for one in clicked if one.method == name]
    gains = [own[1] - own[0] for own in psnr]
    counts = shown_counts(len(psnr[0]) - 1)
    return [
        name,
        *(f"{_mean([own[k] for own in psnr]):.2f}" for k in counts),
        f"{sum(gain < 0 for gain in gains)} of {len(gains)}",
        f"{_mean(gains):.2f}",
        f"{min(gains):.1f}",
        f"{[clicks_to(own, GOOD) for own in psnr].count(None)}",
    ]


def compared(
    reports: Sequence[tuple[list[Score], list[Clicked]]], names: Sequence[str], base: str
) -> list[Difference]:
    """Every other method against one, over all photos."""
    by_report = [differences(scores, clicked, names, base) for scores, clicked in reports]
    return [pooled(parts) for parts in zip(*by_report, strict=True)]


def tables(folders: Sequence[Path], base: str) -> str:
    """Scores and differences of the methods of reports.

    Raises:
        ConfigError: if a folder holds no report, or the reports are of other methods.
    """
    reports = [(scored(folder), read_clicks(folder)) for folder in folders]
    names = method_names([scores for scores, _ in reports], folders)
    if base and base not in names:
        raise ConfigError(f"no method {base!r} in {folders[0]}; there are {', '.join(names)}")
    scores = list(chain.from_iterable(found for found, _ in reports))
    clicked = list(chain.from_iterable(found for _, found in reports))
    counts = sorted({score.count for score in scores})
    heads = ["random hints", *map(str, counts)]
    parts = [markdown_table(heads, [hint_row(name, scores) for name in names])]
    of_clicks = [name for name in names if any(one.method == name for one in clicked)]
    if of_clicks:
        numbers = map(str, shown_counts(len(clicked[0].psnr) - 1))
        heads = ["clicks", *numbers, "first makes worse", "its gain", "its worst"]
        rows = [click_row(name, clicked) for name in of_clicks]
        parts += [markdown_table([*heads, f"never {GOOD:.0f} dB"], rows)]
    base = base or names[0]
    if found := compared(reports, names, base):
        parts += [f"against {base}, in dB", difference_tables(found)]
    return "\n\n".join(parts)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT")
    parser.add_argument("--base", default="", help="method to compare with (the first model)")
    args = parser.parse_args(argv)
    print(tables(args.reports, args.base))


if __name__ == "__main__":
    cli.run(main)
