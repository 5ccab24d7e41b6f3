"""What the folder of a report holds already, and a report goes on telling."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from acolvit_jax.common.json_lines import parse_object
from acolvit_jax.evaluation.click_scores import Clicked, read_clicks
from acolvit_jax.evaluation.methods import Method
from acolvit_jax.evaluation.scores import REPORT_FILE
from acolvit_jax.evaluation.throughput import full_depth_name


def kept_clicks(folder: Path, names: Sequence[str], images: set[str]) -> list[Clicked]:
    """Clicks of the methods that have clicked on every image.

    Args:
        folder: of the report.
        names: of methods.
        images: file names.

    Returns:
        The clicks on these images, as many of each method as all of them have.
    """
    found: dict[str, dict[str, Clicked]] = {name: {} for name in names}
    for one in read_clicks(folder):
        if one.method in found and one.image in images:
            found[one.method][one.image] = one
    whole = [one for own in found.values() if own.keys() == images for one in own.values()]
    count = min((len(one.cells) for one in whole), default=0)
    return [one.first(count) for one in whole if count]


def kept_rates(folder: Path, methods: Sequence[Method]) -> dict[str, float]:
    """Images a second that the former report tells of these methods; none if there is no such.

    A report that names no device is of a version that measured on any: its rates are not kept.
    """
    try:
        former = parse_object((folder / REPORT_FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    rates, facts = former.get("throughput"), former.get("facts")
    names = {name for method in methods for name in (method.name, full_depth_name(method))}
    if not isinstance(rates, dict) or not isinstance(facts, dict) or "device" not in facts:
        return {}
    return {name: rate for name, rate in rates.items() if name in names and isinstance(rate, float)}
