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
    """Images a second that the former report tells of these methods; none if there is no such."""
    try:
        rates = parse_object((folder / REPORT_FILE).read_bytes()).get("throughput")
    except (FileNotFoundError, ValueError):
        return {}
    names = {name for method in methods for name in (method.name, full_depth_name(method))}
    known = rates.items() if isinstance(rates, dict) else ()
    return {name: rate for name, rate in known if name in names and isinstance(rate, float)}
