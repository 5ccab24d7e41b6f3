"""The tables of the model card: scores of reports, and how far they are from a dense model.

    python -m benchmarks.score_tables docs/reports/imagenette docs/reports/flowers

A report is a folder that `acolvit_jax.evaluate --output` wrote; distances need a method `dense`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table

DENSE = "dense"


def methods(folder: Path) -> dict[str, dict[str, Any]]:
    """The methods of a report by name."""
    report = json.loads((folder / "report.json").read_text())
    return {method["name"]: method for method in report["contenders"]}


def scores(found: dict[str, dict[str, Any]]) -> str:
    """PSNR by number of hints."""
    counts = list(next(iter(found.values()))["means"]["psnr"])
    rows = [
        [name, _number(c["keep_ratio"], 3), _number(c["gmacs"], 2)]
        + [f"{value:.2f}" for value in c["means"]["psnr"].values()]
        for name, c in found.items()
    ]
    return markdown_table(["", "keep ratio", "GMACs", *counts], rows)


def distances(found: dict[str, dict[str, Any]]) -> str:
    """How far each model is below the dense one, by number of hints and in the mean."""
    best = found[DENSE]["means"]["psnr"]
    rows = []
    for name, method in found.items():
        if method["keep_ratio"] is None or name == DENSE:
            continue
        below = [best[k] - value for k, value in method["means"]["psnr"].items()]
        cells = [f"{value:.2f}" for value in (*below, sum(below) / len(below))]
        rows.append([name, _number(method["keep_deviation"], 3), *cells])
    heads = ["below dense, dB", "deviation of the keep ratio", *best, "mean"]
    return markdown_table(heads, rows)


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("reports", nargs="+", type=Path, help="folders of reports")
    for folder in parser.parse_args(argv).reports:
        found = methods(folder)
        tables = [scores(found)] + ([distances(found)] if DENSE in found else [])
        print(folder, *tables, sep="\n\n", end="\n\n")


if __name__ == "__main__":
    cli.run(main)
