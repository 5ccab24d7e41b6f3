"""The benchmark's measurements as Markdown and as JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

from acolvit_jax.common.tables import markdown_table
from acolvit_jax.inference.measurement import Report
from acolvit_jax.inference.timing import Timing

MILLISECONDS = ("ms, median", "10% to 90%")


def markdown(report: Report) -> str:
    """Tables for a person.

    Args:
        report: the measurements.

    Returns:
        Markdown: the machine, forwards of one image, and, where they were measured, batches, the
        steps around the model and starts.
    """
    machine = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    parts = [machine, _forwards(report), _floor(report)]
    if report.batches:
        parts.append(_batches(report))
    if report.stages:
        parts.append(_stages(report))
    if report.starts:
        parts.append(_starts(report))
    return "\n\n".join(parts)


def _spread(timing: Timing) -> list[str]:
    """Cells of median and spread in milliseconds."""
    return [f"{timing.median * 1e3:.2f}", f"{timing.low * 1e3:.2f} to {timing.high * 1e3:.2f}"]


def _forwards(report: Report) -> str:
    full = report.rows[0]
    rows = []
    for row in report.rows:
        speed_up = full.timing.median / row.timing.median
        cells = [
            f"{1 / row.timing.median:.1f}",
            f"{row.macs / 1e9:.3f}",
            f"{speed_up:.2f}",
            f"{speed_up / (full.macs / row.macs):.2f}",
            f"{row.timing.median / report.floor.median:.2f}",
        ]
        rows.append([row.name, row.dtype, *_spread(row.timing), *cells])
    more = ["images/s", "GMACs", "speed-up", "efficiency", "x floor"]
    return markdown_table(["computed", "products", *MILLISECONDS, *more], rows)


def _floor(report: Report) -> str:
    rate = 2 * report.floor_macs / report.floor.median / 1e9
    return (
        f"floor: the full forward's matrix products alone take {report.floor.median * 1e3:.2f} ms "
        f"({rate:.0f} GFLOP/s)"
    )


def _batches(report: Report) -> str:
    rows = [[name, *_spread(t), f"{1 / t.median:.1f}"] for name, t in report.batches.items()]
    return markdown_table(["images together, each", *MILLISECONDS, "images/s"], rows)


def _stages(report: Report) -> str:
    rows = [[name, *_spread(timing)] for name, timing in report.stages.items()]
    return markdown_table(["a photo of one megapixel", *MILLISECONDS], rows)


def _starts(report: Report) -> str:
    rows = [[name, f"{seconds:.2f}"] for name, seconds in report.starts.items()]
    return markdown_table(["process start to first result", "s"], rows)


def as_dict(report: Report) -> dict[str, Any]:
    """The measurements as plain data for JSON; times in seconds."""
    return dataclasses.asdict(report)
