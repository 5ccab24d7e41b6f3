"""Compares models by both measures: random hints, and clicks where the result is worst.

    python -m benchmarks.compare_runs OUT NAME=MODEL... [--images DIR...] [--max_images 40]

A model is a run, weights, or `pretrained-dense`. Each set of images has its report in OUT. Name the
models of an earlier call again and add others: what was scored is not scored again. At the end the
others are compared with the first, photo by photo, over all sets: mean differences and their
standard errors.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acolvit_jax.common import cli
from acolvit_jax.common.names import mark
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.evaluation.differences import Difference, difference_tables, pooled
from acolvit_jax.evaluation.request import Request
from acolvit_jax.evaluation.run import run_evaluation

COUNTS = (1, 10, 50)  # random hints
CLICKS = 15
SHOWN = (0, 1, 3, 5, 10, 15)  # clicks
GOOD = "28.0"  # dB
HEADINGS = [
    "",
    f"random hints, {' / '.join(map(str, COUNTS))}",
    f"clicks, {' / '.join(map(str, SHOWN))}",
    "first makes worse",
    "its gain",
    "its worst",
    f"never {GOOD[:2]} dB",
]


def row(name: str, report: dict[str, Any]) -> list[str]:
    """One model's scores on one set of images."""
    (means,) = (c["means"]["psnr"] for c in report["contenders"] if c["name"] == name)
    (clicks,) = (c for c in report["clicks"] if c["name"] == name)
    gains = clicks["first_gains"]
    return [
        name,
        " / ".join(f"{means[str(k)]:.2f}" for k in COUNTS),
        " / ".join(f"{clicks['psnr'][k]:.2f}" for k in SHOWN),
        f"{clicks['worse']} of {clicks['photos']}",
        f"{sum(gains) / len(gains):.2f}",
        f"{gains[0]:.1f}",
        f"{clicks['never'][GOOD] * clicks['photos']:.0f}",
    ]


def report_name(images: str) -> str:
    """What the report of a set of images is called: its name, and a mark of a folder's path."""
    path = Path(images)
    return f"{path.name}-{mark(str(path.absolute()))}" if path.is_dir() else path.name


def score(output: Path, models: tuple[str, ...], images: str, max_images: int) -> dict[str, Any]:
    """Scores models on a set of images into a folder; returns the report."""
    request = Request(
        checkpoints=models,
        budgets=(),
        baselines=(),
        images=images,
        list_file="",
        hint_dir=None,
        counts=COUNTS,
        output=output,
        max_images=max_images,
        clicks=CLICKS,
    )
    report: dict[str, Any] = json.loads(run_evaluation(request).with_suffix(".json").read_text())
    return report


def scores_table(report: dict[str, Any]) -> str:
    """The scores of one set of images, in dB."""
    names = [contender["name"] for contender in report["contenders"]]
    return markdown_table(HEADINGS, [row(name, report) for name in names])


def against_first(reports: list[dict[str, Any]]) -> str:
    """The other models against the first one over all sets, in dB; empty if there are none."""
    by_set = [[Difference.from_json(one) for one in report["against"]] for report in reports]
    found = [pooled(parts) for parts in zip(*by_set, strict=True)]
    return difference_tables(found) if found else ""


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description="Compares models by random hints and clicks.")
    parser.add_argument("out", type=Path)
    parser.add_argument("models", nargs="+", metavar="NAME=MODEL")
    parser.add_argument("--images", nargs="+", default=[str(sample_photos()[0].parent)])
    parser.add_argument("--max_images", type=int, default=0, help="of each set, evenly (all)")
    args = parser.parse_args(argv)
    reports = []
    for images in args.images:
        output = args.out / report_name(images)
        reports.append(score(output, tuple(args.models), images, args.max_images))
        print(f"{images}\n\n{scores_table(reports[-1])}\n")
    if table := against_first(reports):
        print(f"against {reports[0]['against'][0]['base']}\n\n{table}")


if __name__ == "__main__":
    cli.run(main)
