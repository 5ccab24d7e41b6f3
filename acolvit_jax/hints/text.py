"""Hints as people write them: on a command line, and in JSON files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from PIL import ImageColor

from acolvit_jax.common.errors import HintError
from acolvit_jax.common.text import read_text
from acolvit_jax.hints import Hint

_FORM = "ROW,COL:COLOR, for example 40,120:#c03020, 40,120:teal or 40,120:lab:20,-35"


def parse_hint(text: str) -> Hint:
    """Reads `ROW,COL:COLOR`.

    Args:
        text: row and column in pixels of the photo; the colour as `parse_color` reads it.

    Returns:
        The hint.

    Raises:
        HintError: if the text has another form.
    """
    match = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*:(.+)", text)
    if not match:
        raise HintError(f"hint {text!r} is not of the form {_FORM}")
    return Hint(int(match[1]), int(match[2]), parse_color(match[3]))


def parse_color(text: str) -> tuple[int, int, int] | tuple[float, float]:
    """Reads a colour.

    Args:
        text: `#rrggbb`, a CSS name, or `lab:A,B` with a* and b*.

    Returns:
        An sRGB triple, or an (a*, b*) pair.

    Raises:
        HintError: for anything else.
    """
    name = text.strip()
    if name.lower().startswith("lab:"):
        try:
            a, b = (float(part) for part in name[4:].split(","))
        except ValueError:
            raise HintError(f"color {name!r} is not of the form lab:A,B") from None
        return a, b
    try:
        red, green, blue = ImageColor.getcolor(name, "RGB")[:3]  # type: ignore[index]
    except ValueError:
        raise HintError(
            f"color {name!r} is unknown; use #rrggbb, a CSS name such as teal, or lab:A,B"
        ) from None
    return red, green, blue


def read_hints(path: Path) -> list[Hint] | dict[str, list[Hint]]:
    """Reads a JSON file of hints.

    A hint is `{"row": 40, "column": 120, "color": "#c03020"}`. The file holds a list of them for
    one photo, or an object that gives such a list by file name.

    Args:
        path: of the file.

    Returns:
        Hints of one photo, or by file name.

    Raises:
        HintError: if the file cannot be read; the message names the entry at fault.
    """
    try:
        content = json.loads(read_text(path))
    except (OSError, ValueError) as error:
        raise HintError(f"cannot read hints from {path}: {error}") from error
    if isinstance(content, dict):
        return {name: _hints_of(entries, f"{path}, {name}") for name, entries in content.items()}
    return _hints_of(content, str(path))


def _hints_of(entries: Any, place: str) -> list[Hint]:
    if not isinstance(entries, list):
        raise HintError(f"{place}: hints are a list, not {type(entries).__name__}")
    return [_hint_of(entry, f"{place}, hint {i}") for i, entry in enumerate(entries, start=1)]


def _hint_of(entry: Any, place: str) -> Hint:
    if not isinstance(entry, dict) or set(entry) != {"row", "column", "color"}:
        raise HintError(f"{place}: wanted row, column and color, got {entry!r}")
    row, column, text = entry["row"], entry["column"], entry["color"]
    if type(row) is not int or type(column) is not int or not isinstance(text, str):
        raise HintError(f"{place}: row and column are whole numbers, color is text: {entry!r}")
    try:
        return Hint(row, column, parse_color(text))
    except HintError as error:
        raise HintError(f"{place}: {error}") from None
