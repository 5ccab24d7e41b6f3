"""The report in Markdown, JSON and CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from acolvit_jax.common.files import write_text
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.evaluation.click_report import ClickSummary, click_tables
from acolvit_jax.evaluation.differences import Difference, difference_tables
from acolvit_jax.evaluation.published import TABLE_2, PublishedSet
from acolvit_jax.evaluation.scores import REPORT_FILE, Score
from acolvit_jax.evaluation.summary import METRICS, Summary
from acolvit_jax.evaluation.throughput import TIMED

TITLES = {
    "psnr": "PSNR@{k}, dB",
    "lpips": "LPIPS@{k}",
    "boundary_psnr": "boundary PSNR@{k}, dB",
    "patch_error_variance": "patch error variance@{k}",
    "propagation": "hint propagation@{k}, px",
}
DIGITS = {"lpips": 4, "patch_error_variance": 1, "propagation": 1}
PAPER_DIGITS = {"psnr": 2, "lpips": 3}
AGAINST = (
    "PSNR in dB, photo by photo: the mean difference and its standard error. Below two errors it "
    "may be chance."
)


@dataclasses.dataclass(frozen=True)
class Report:
    """What a report tells.

    Attributes:
        facts: what was evaluated on what, for its head.
        summaries: one a method.
        figures: caption by file name.
        throughput: images a second by method, empty if not measured.
        paper: its rows for these images.
        clicked: what clicks come to, one a method, empty if nothing was clicked.
        against: every other method against the first model, empty if there is none.
    """

    facts: Mapping[str, Any]
    summaries: Sequence[Summary]
    figures: Mapping[str, str]
    throughput: Mapping[str, float]
    paper: PublishedSet
    clicked: Sequence[ClickSummary]
    against: Sequence[Difference]


def write_report(folder: Path, report: Report, scores: Sequence[Score]) -> None:
    """Writes `report.md`, `report.json` and `per_image.csv`.

    Args:
        folder: of the report.
        report: what it tells.
        scores: of single images.
    """
    data = {
        "facts": dict(report.facts),
        "contenders": [dataclasses.asdict(summary) for summary in report.summaries],
        "throughput": dict(report.throughput),
        "clicks": [dataclasses.asdict(summary) for summary in report.clicked],
        "against": [dataclasses.asdict(difference) for difference in report.against],
        "paper": {
            "source": report.paper.source,
            "table_1": [row._asdict() for row in report.paper.rows],
        },
    }
    write_text(folder / REPORT_FILE, json.dumps(data, indent=2) + "\n")
    write_text(folder / "per_image.csv", per_image_csv(scores))
    write_text(folder / "report.md", markdown(report))


def markdown(report: Report) -> str:
    """The report for a person: the paper's tables, the other metrics, figures."""
    summaries = report.summaries
    facts = "\n".join(f"- {name}: {value}" for name, value in report.facts.items())
    parts = ["# Evaluation", facts, "## Table 1", table_1(summaries, report.paper)]
    others = [m for m in METRICS[2:] if any(m in s.means for s in summaries)]
    for metric in others:
        parts += [f"## {_heading(metric)}", _metric_table(metric, summaries)]
    if report.clicked:
        parts += ["## Clicks", click_tables(report.clicked)]
    if report.against:
        parts += [f"## Against {report.against[0].base}", AGAINST]
        parts += [difference_tables(report.against)]
    if any(s.keep_ratio is not None for s in summaries):
        parts += ["## Keep ratio", _keep_table(summaries)]
    if report.throughput:
        parts += ["## Table 2", TIMED, table_2(report.throughput)]
    parts += [f"![{caption}]({name})\n\n{caption}" for name, caption in report.figures.items()]
    return "\n\n".join(parts) + "\n"


def table_1(summaries: Sequence[Summary], paper: PublishedSet) -> str:
    """The paper's Table 1: GFLOPs, PSNR and LPIPS by K; the paper's rows below ours."""
    counts = sorted({k for s in summaries for k in s.means.get("psnr", {})})
    lpips = any("lpips" in s.means for s in summaries)
    metrics = ["psnr", "lpips"] if lpips else ["psnr"]
    headings = ["", "GFLOPs", *(TITLES[m].format(k=k) for m in metrics for k in counts)]
    rows = [
        [s.name, "" if s.gmacs is None else f"{s.gmacs:.2f}"]
        + [_cell(metric, s.means.get(metric, {}).get(k)) for metric in metrics for k in counts]
        for s in summaries
    ]
    for row in paper.rows:
        by_metric = {"psnr": row.psnr, "lpips": row.lpips}
        cells = [
            "" if (value := by_metric[m].get(k)) is None else f"{value:.{PAPER_DIGITS[m]}f}"
            for m in metrics
            for k in counts
        ]
        rows.append([f"*{row.name} ({paper.source})*", f"{row.gmacs:.2f}", *cells])
    return markdown_table(headings, rows)


def table_2(throughput: Mapping[str, float]) -> str:
    """The paper's Table 2: images a second of one thread, one image at a time."""
    first = next(iter(throughput.values()))
    rows = [[name, f"{rate:.1f}", f"{rate / first:.2f}"] for name, rate in throughput.items()]
    base = TABLE_2["iColoriT-T"]
    rows += [
        [f"*{n} (paper, its machine)*", f"{r:.1f}", f"{r / base:.2f}"] for n, r in TABLE_2.items()
    ]
    return markdown_table(["", "images/s", "against the first row"], rows)


def _metric_table(metric: str, summaries: Sequence[Summary]) -> str:
    counts = sorted({k for s in summaries for k in s.means.get(metric, {})})
    rows = [
        [s.name, *(_cell(metric, s.means.get(metric, {}).get(k)) for k in counts)]
        for s in summaries
    ]
    return markdown_table(["", *(TITLES[metric].format(k=k) for k in counts)], rows)


def _keep_table(summaries: Sequence[Summary]) -> str:
    rows = [
        [s.name, f"{s.keep_ratio:.3f}", f"{s.keep_deviation:.3f}"]
        for s in summaries
        if s.keep_ratio is not None
    ]
    return markdown_table(["", "mean", "standard deviation over photos"], rows)


def _heading(metric: str) -> str:
    name = TITLES[metric].split("@")[0]
    return name[0].upper() + name[1:]


def _cell(metric: str, value: float | None) -> str:
    return "" if value is None else f"{value:.{DIGITS.get(metric, 2)}f}"


def per_image_csv(scores: Sequence[Score]) -> str:
    """All scores, a line an image, K and method, sorted."""
    present = [m for m in METRICS if any(m in score.values for score in scores)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["contender", "hints", "image", *present, "macs", "decisions"])
    for score in sorted(scores, key=lambda s: s.key):
        bits = "".join(str(d) for layer in score.decisions or [] for d in layer)
        values = [score.values.get(metric, "") for metric in present]
        macs = "" if score.macs is None else int(score.macs)
        writer.writerow([*score.key, *values, macs, bits])
    return text.getvalue()
